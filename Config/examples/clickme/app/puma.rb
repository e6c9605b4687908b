# frozen_string_literal: true

bind 'tcp://0.0.0.0:4567'
threads 1, 5
environment 'production'
# An asked-for stop ends with status 0, not as death by signal.
raise_exception_on_sigterm false
