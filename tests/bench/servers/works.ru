# The works of the suite `realistic` as a Rack application, for Puma.

require "json"
require "uri"

ROWS = (1000...1147).map do |i|
  "<li class=\"entry\"><a href=\"/articles/#{i}\">Article number #{i}</a>" \
    "<p>A line of plain text about it, as in any list.</p></li>\n"
end
PAGE = "<!doctype html>\n<html lang=\"en\">\n<title>Articles</title>\n<ul>\n" \
  "#{ROWS.join}</ul>\n<p>© 2026</p>\n</html>\n".freeze
PIECE = ("0123456789abcdef" * 64).freeze
PLAIN = "text/plain;charset=UTF-8"

def respond(text, type = PLAIN, fields = {})
  [200, { "Content-Type" => type, "Content-Length" => text.bytesize.to_s, **fields }, [text]]
end

def list_items(env)
  query = URI.decode_www_form(env["QUERY_STRING"]).to_h
  page = query["page"].to_i
  items = Array.new(12) do |i|
    { id: page * 100 + i, name: "Item number #{i}", price: 5 + i, tags: %w[new sale], stock: true }
  end
  content = {
    page: page,
    sort: query["sort"],
    language: env["HTTP_ACCEPT_LANGUAGE"],
    cookies: env["HTTP_COOKIE"].length,
    items: items
  }
  respond(JSON.generate(content), "application/json", {
    "Cache-Control" => "private, max-age=60",
    "ETag" => '"5f3c2a10"',
    "Vary" => "Accept-Language, Cookie",
    "X-Content-Type-Options" => "nosniff",
    "X-Request-Cost" => "1"
  })
end

def sum_order(env)
  order = JSON.parse(env["rack.input"].read)
  total = order["lines"].sum { |line| line["amount"] * line["price"] }
  content = { customer: order["customer"], lines: order["lines"].length, total: total }
  respond(JSON.generate(content), "application/json")
end

def greet(env)
  form = URI.decode_www_form(env["rack.input"].read).to_h
  respond("Thank you, #{form["name"]} <#{form["email"]}>")
end

def describe_file(env)
  octets = env["rack.input"].read
  respond("#{octets.bytesize} #{octets.getbyte(0)} #{octets.getbyte(-1)}")
end

run(lambda do |env|
  case env["PATH_INFO"]
  when "/json" then list_items(env)
  when "/order" then sum_order(env)
  when "/form" then greet(env)
  when "/file" then describe_file(env)
  when "/stream" then [200, { "Content-Type" => "text/plain" }, Array.new(16, PIECE)]
  when "/page"
    respond(PAGE, "text/html; charset=utf-8", { "Cache-Control" => "no-cache", "ETag" => '"a1b2c3d4"' })
  else respond("Hello world!")
  end
end)
