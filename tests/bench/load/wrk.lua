-- wrk sends the octets of a file as they are, and prints its results as JSON. It says when it begins. Without a function `response`
-- wrk keeps neither fields nor content, so it costs little.

init = function(args)
  local file = assert(io.open(args[1], "rb"))
  local octets = file:read("*a")
  file:close()
  wrk.format = function() return octets end
  io.stderr:write("ready\n")
end

done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"octets":%d,"duration":%d,"p50":%d,"p99":%d,' ..
    '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout
  ))
end
