# frozen_string_literal: true

require 'redis'
require 'sinatra/base'

# Counts clicks. The count lives in Redis, so it outlives this process.
class ClickMe < Sinatra::Base
  # Thread-safe: puma's threads share the one connection.
  COUNTER = Redis.new(url: ENV.fetch('REDIS_URL', 'redis://127.0.0.1:6379/0'),
                      timeout: 2, reconnect_attempts: 2)

  # What went wrong is said in one line, below.
  set :dump_errors, false

  before { content_type 'text/plain' }

  get '/' do
    "clicks: #{COUNTER.incr('clicks')}\n"
  end

  # Says that this process serves, whatever Redis does: a dead Redis is not cured by killing us.
  get '/up' do
    "up\n"
  end

  error Redis::BaseError do |cause|
    warn "clickme: redis: #{cause.message}"
    halt 503, "the counter is away: try again\n"
  end
end
