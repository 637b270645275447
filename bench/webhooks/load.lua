-- Each signed delivery once, in order; what came of them as one line that load.ts reads.
local deliveries, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local signature, id, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
    deliveries[#deliveries + 1] = wrk.format("POST", nil, {
      ["content-type"] = "application/json",
      ["terra-signature"] = signature,
      ["x-terra-trace-id"] = id,
    }, body)
  end
end

function request()
  at = at % #deliveries + 1
  return deliveries[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('{"requests":%d,"microseconds":%d,"refused":%d,"failed":%d,"p50":%.3f,"p99":%.3f}\n',
    summary.requests, summary.duration, errors.status, failed,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
