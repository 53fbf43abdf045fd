# A visitor's counter in the session: Rack::Session::Dalli, over the memcached that DOOR names.

require 'json'
require 'logger'
require 'net/http'
require 'rack'
require 'rack/session/dalli'

# What a client waits for one answer at most.
PATIENCE_SECONDS = 0.75

# Dalli logs to standard output on its own unless told where.
Dalli.logger = Logger.new($stderr, level: Logger::WARN)

use Rack::Session::Dalli, memcache_server: ENV.fetch('DOOR'), expire_after: 1440,
                          pool_size: 8, socket_timeout: PATIENCE_SECONDS, down_retry_delay: 1

def raise_counter(session)
  session['counter'] = (session['counter'] || 0) + 1
end

run(lambda do |env|
  request = Rack::Request.new(env)
  session = request.session
  # /read leaves the session as it is.
  case request.path
  when '/count'
    raise_counter(session)
  when '/slow'
    # Answered when the test says so: until then this request holds the session that it has read.
    session['counter']
    Net::HTTP.get(URI(request.params['gate']))
    raise_counter(session)
  when '/regenerate'
    session.options[:renew] = true
  when '/destroy'
    session.destroy
  end
  body = { counter: session['counter'] || 0, id: session.id.to_s }
  [200, { 'Content-Type' => 'application/json' }, [body.to_json]]
end)
