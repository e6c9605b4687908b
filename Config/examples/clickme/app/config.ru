# frozen_string_literal: true

# One line per request on stdout, at once.
$stdout.sync = true

require_relative 'app'
use Rack::CommonLogger, $stdout
run ClickMe
