# The everyday operations of dalli: ruby operations.rb ADDRESS…. Every operation goes to the next address, round and
# round, so that with several nodes what one took another must give.
# Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.

require 'json'
require 'logger'
require 'securerandom'
require 'dalli'

Dalli.logger = Logger.new($stderr, level: Logger::ERROR)
clients = ARGV.map { |address| Dalli::Client.new(address, compress: false) }.cycle
to = -> { clients.next }
run = SecureRandom.hex(6)
key = ->(name) { "ruby-#{run}-#{name}" }
RAW = { raw: true }.freeze
all_bytes = (0..255).map(&:chr).join.b
large = SecureRandom.bytes(900_000)
seen = {}

to[].set(key['a'], 'value', nil, RAW)
seen['set and get'] = to[].get(key['a'], RAW)
seen['get of nothing'] = to[].get(key['none']).nil?
seen['add of a new key'] = !!to[].add(key['b'], '1', nil, RAW)
seen['add of a key that is there'] = !!to[].add(key['b'], '2', nil, RAW)
# dalli answers something that counts as true.
to[].replace(key['none'], '1', nil, RAW)
seen['replace of nothing'] = !to[].get(key['none'], RAW).nil?
seen['replace'] = !!to[].replace(key['b'], '3', nil, RAW) && to[].get(key['b'], RAW) == '3'
to[].set(key['c'], 'middle', nil, RAW)
to[].append(key['c'], '>')
to[].prepend(key['c'], '<')
seen['append and prepend'] = to[].get(key['c'], RAW)
seen['append to nothing'] = !!to[].append(key['none'], 'x')
to[].set(key['cas'], 'first')
_, cas = to[].get_cas(key['cas'])
seen['cas'] = !!to[].set_cas(key['cas'], 'second', cas)
seen['cas after another write'] = !!to[].set_cas(key['cas'], 'third', cas) || to[].get(key['cas']) != 'second'
to[].set(key['n'], '10', nil, RAW)
seen['incr'] = to[].incr(key['n'], 5)
seen['decr'] = to[].decr(key['n'], 3)
seen['decr below zero'] = to[].decr(key['n'], 100)
seen['incr of nothing'] = !!to[].incr(key['none'], 1)
seen['incr that creates'] = [to[].incr(key['made'], 1, 100, 7), to[].incr(key['made'], 1)]
seen['touch'] = !!to[].touch(key['a'], 100)
seen['touch of nothing'] = !!to[].touch(key['none'], 100)
seen['get and touch'] = to[].gat(key['cas'], 100)
seen['delete'] = !!to[].delete(key['a'])
seen['delete of nothing'] = !!to[].delete(key['a'])
seen['get after delete'] = !!to[].get(key['a'])
seen['set after delete'] = !!to[].set(key['a'], 'again') && to[].get(key['a']) == 'again'
%w[m1 m2 m3].each { |name| to[].set(key[name], name) }
many = to[].get_multi(%w[m1 m2 none m3].map(&key))
seen['multi-get'] = many.sort.map(&:last).join(',')
seen['large value'] = !!to[].set(key['large'], large, nil, RAW) && to[].get(key['large'], RAW) == large
seen['too large a value'] = begin
  !!to[].set(key['limit'], 'x' * (2 * 1_048_576), nil, RAW)
rescue Dalli::ValueOverMaxSize
  false
end
seen['go on after too large a value'] = !!to[].set(key['a'], 'on') && to[].get(key['a']) == 'on'
seen['all byte values'] = !!to[].set(key['bytes'], all_bytes, nil, RAW) && to[].get(key['bytes'], RAW).b == all_bytes
seen['empty value'] = to[].set(key['empty'], '', nil, RAW) ? to[].get(key['empty'], RAW) : 'not stored'
# Quiet commands: set, add, replace and delete without answers.
client = to[]
client.multi { 20.times { |n| client.set(key["quiet#{n}"], n) } }
seen['quiet sets'] = (0...20).all? { |n| to[].get(key["quiet#{n}"]) == n }
to[].set(key['brief'], 'here', 1)
seen['expiry'] = to[].get(key['brief']) == 'here'
gives_up_at = Time.now + 10
while to[].get(key['brief'])
  if Time.now > gives_up_at
    seen['expiry'] = 'still there'
    break
  end
  sleep 0.02
end
seen['version'] = to[].version.values.first
seen['stats'] = to[].stats.values.first.key?('curr_connections')
seen['flush'] = !!to[].flush.first && to[].get(key['b']).nil?

puts JSON.pretty_generate(seen)
