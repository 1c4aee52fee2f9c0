-- Sends requests picked at random from a file: METHOD, path, body and any number of headers of each, separated by tabs.
-- `{n}` in a body becomes a number that differs from request to request. A header is sent instead of wrk's own of the
-- same name.
-- Arguments: the file, the first number.

local requests = {}
local counter = 0

local function headers_from(text)
  if text == "" then
    return nil
  end
  local headers = {}
  for name, value in pairs(wrk.headers) do
    headers[name] = value
  end
  for name, value in text:gmatch("\t([^\t:]+): ([^\t]*)") do
    headers[name] = value
  end
  return headers
end

function init(arguments)
  counter = tonumber(arguments[2])
  math.randomseed(counter)
  for line in io.lines(arguments[1]) do
    local method, path, body, rest = line:match("^(%S+)\t(%S+)\t([^\t]*)(.*)$")
    local headers = headers_from(rest)
    local head, tail = body:match("^(.-){n}(.*)$")
    if head then
      table.insert(requests, { method, path, headers, head, tail })
    else
      table.insert(requests, wrk.format(method, path, headers, body ~= "" and body or nil))
    end
  end
end

function request()
  local chosen = requests[math.random(#requests)]
  if type(chosen) == "string" then
    return chosen
  end
  counter = counter + 1
  return wrk.format(chosen[1], chosen[2], chosen[3], chosen[4] .. counter .. chosen[5])
end

function done(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"requests":%d,"failed":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, failed, summary.duration, latency:percentile(50), latency:percentile(99)))
end
