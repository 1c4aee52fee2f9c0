-- Sends requests picked at random from a file: METHOD, path and body of each, separated by tabs.
-- `{n}` in a body becomes a number that differs from request to request.
-- Arguments: the file, the first number.

local requests = {}
local counter = 0

function init(arguments)
  counter = tonumber(arguments[2])
  math.randomseed(counter)
  for line in io.lines(arguments[1]) do
    local method, path, body = line:match("^(%S+)\t(%S+)\t(.*)$")
    local head, tail = body:match("^(.-){n}(.*)$")
    if head then
      table.insert(requests, { method, path, head, tail })
    else
      table.insert(requests, wrk.format(method, path, nil, body ~= "" and body or nil))
    end
  end
end

function request()
  local chosen = requests[math.random(#requests)]
  if type(chosen) == "string" then
    return chosen
  end
  counter = counter + 1
  return wrk.format(chosen[1], chosen[2], nil, chosen[3] .. counter .. chosen[4])
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests":%d,"failed":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
end
