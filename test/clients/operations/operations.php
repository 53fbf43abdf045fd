<?php
/*
 * The everyday operations of ext-memcached: php operations.php PROTOCOL ADDRESS…, PROTOCOL being binary or text. Every
 * operation goes to the next address, round and round, so that with several nodes what one took another must give.
 * Prints {operation: what came of it}; test/clients/everyday-operations.test.ts knows what should.
 */

[, $protocol] = $argv;
$clients = array_map(function (string $address) use ($protocol): Memcached {
    [$host, $port] = explode(':', $address);
    $client = new Memcached();
    $client->setOption(Memcached::OPT_BINARY_PROTOCOL, $protocol === 'binary');
    // What append and prepend need, and what shows the bytes as they are.
    $client->setOption(Memcached::OPT_COMPRESSION, false);
    $client->addServer($host, (int) $port);
    return $client;
}, array_slice($argv, 2));

$turn = 0;
$last = $clients[0];
$next = function () use ($clients, &$turn, &$last): Memcached {
    return $last = $clients[$turn++ % count($clients)];
};
$run = bin2hex(random_bytes(6));
$key = fn (string $name): string => "php-$run-$name";
$allBytes = implode('', array_map('chr', range(0, 255)));
$large = str_repeat(hash('sha512', $run, true), 14000);

$seen = [];
$next()->set($key('a'), 'value');
$seen['set and get'] = $next()->get($key('a'));
$seen['get of nothing'] = $next()->get($key('none')) === false && $last->getResultCode() === Memcached::RES_NOTFOUND;
$seen['add of a new key'] = $next()->add($key('b'), '1');
$seen['add of a key that is there'] = $next()->add($key('b'), '2');
$seen['replace of nothing'] = $next()->replace($key('none'), '1');
$seen['replace'] = $next()->replace($key('b'), '3') && $next()->get($key('b')) === '3';
$next()->set($key('c'), 'middle');
$next()->append($key('c'), '>');
$next()->prepend($key('c'), '<');
$seen['append and prepend'] = $next()->get($key('c'));
$seen['append to nothing'] = $next()->append($key('none'), 'x');
$next()->set($key('cas'), 'first');
$got = $next()->get($key('cas'), null, Memcached::GET_EXTENDED);
$seen['cas'] = $next()->cas($got['cas'], $key('cas'), 'second');
$seen['cas after another write'] = $next()->cas($got['cas'], $key('cas'), 'third')
    || $last->getResultCode() !== Memcached::RES_DATA_EXISTS
    || $next()->get($key('cas')) !== 'second';
$next()->set($key('n'), '10');
$seen['incr'] = $next()->increment($key('n'), 5);
$seen['decr'] = $next()->decrement($key('n'), 3);
$seen['decr below zero'] = $next()->decrement($key('n'), 100);
// Without an initial value: with one, or in binary, the extension may create it.
$seen['incr of nothing'] = $next()->increment($key('none'), 1);
$seen['touch'] = $next()->touch($key('a'), 100);
$seen['touch of nothing'] = $next()->touch($key('none'), 100);
$seen['delete'] = $next()->delete($key('a'));
$seen['delete of nothing'] = $next()->delete($key('a'));
$seen['get after delete'] = $next()->get($key('a'));
$seen['set after delete'] = $next()->set($key('a'), 'again') && $next()->get($key('a')) === 'again';
foreach (['m1', 'm2', 'm3'] as $name) {
    $next()->set($key($name), $name);
}
$many = $next()->getMulti(array_map($key, ['m1', 'm2', 'none', 'm3']));
ksort($many);
$seen['multi-get'] = implode(',', $many);
$seen['large value'] = $next()->set($key('large'), $large) && $next()->get($key('large')) === $large;
$next()->set($key('limit'), 'old');
$seen['too large a value'] = $next()->set($key('limit'), str_repeat('x', 2 * 1048576));
$seen['go on after too large a value'] = $next()->set($key('a'), 'on') && $next()->get($key('a')) === 'on';
$seen['all byte values'] = $next()->set($key('bytes'), $allBytes) && $next()->get($key('bytes')) === $allBytes;
$seen['empty value'] = $next()->set($key('empty'), '') ? $next()->get($key('empty')) : 'not stored';
$next()->set($key('brief'), 'here', 1);
$seen['expiry'] = $next()->get($key('brief')) === 'here';
for ($until = microtime(true) + 10; $next()->get($key('brief')) !== false;) {
    if (microtime(true) > $until) {
        $seen['expiry'] = 'still there';
        break;
    }
    usleep(20_000);
}
$seen['version'] = array_values($next()->getVersion())[0];
$seen['flush'] = $next()->flush() && $next()->get($key('b')) === false;

echo json_encode($seen, JSON_PRETTY_PRINT), "\n";
