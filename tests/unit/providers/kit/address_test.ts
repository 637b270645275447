import assert from "node:assert/strict";
import { isPublicAddress } from "@shared/providers/kit/address.ts";

Deno.test("isPublicAddress() takes what the internet routes", () => {
  for (
    const address of [
      "1.1.1.1",
      "9.255.255.255",
      "11.0.0.0",
      "100.63.255.255",
      "100.128.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "192.167.255.255",
      "198.20.0.0",
      "223.255.255.255",
      "2606:4700:4700::1111",
      "2001:4860:4860::8888",
      "3ffe::1",
    ]
  ) assert.equal(isPublicAddress(address), true, address);
});

Deno.test("isPublicAddress() refuses every block that leads inside, to examples or to many", () => {
  for (
    const address of [
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "100.127.255.255",
      "127.0.0.1",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.0.0.1",
      "192.0.2.1",
      "192.88.99.1",
      "192.168.1.1",
      "198.18.0.1",
      "198.19.255.255",
      "198.51.100.1",
      "203.0.113.1",
      "224.0.0.1",
      "240.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "::ffff:127.0.0.1",
      "::ffff:1.1.1.1",
      "64:ff9b::7f00:1",
      "100::1",
      "2001::1",
      "2001:0:4136:e378::1",
      "2001:db8::1",
      "2002:7f00:1::",
      "3fff::1",
      "fc00::1",
      "fd00:ec2::254",
      "fe80::1",
      "ff02::1",
      "256.1.1.1",
      "1.1.1",
      "localhost",
      "",
    ]
  ) assert.equal(isPublicAddress(address), false, address);
});
