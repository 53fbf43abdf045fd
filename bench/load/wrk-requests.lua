-- Asks for one session after the other, and says at the end what came of it, in a line that can be parsed.
-- wrk … <url> -- <method> <path, in which %s is the id> <file of ids> <file of the body, in which %s is the id>
local requests = {}
local at = 0

local function text(path)
  local file = assert(io.open(path))
  local content = file:read('*a')
  file:close()
  return content
end

-- gsub takes % in what it puts in for a sign of its own; ids have none.
local function with(id, pattern)
  return (pattern:gsub('%%s', id))
end

function init(args)
  local body = text(args[4])
  for id in text(args[3]):gmatch('%S+') do
    requests[#requests + 1] =
      wrk.format(args[1], with(id, args[2]), { ['content-type'] = 'application/json' }, with(id, body))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(
    string.format(
      'counted requests=%d us=%d failed=%d p50=%d p99=%d p999=%d longest=%d\n',
      summary.requests,
      summary.duration,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout,
      latency:percentile(50),
      latency:percentile(99),
      latency:percentile(99.9),
      latency.max
    )
  )
end
