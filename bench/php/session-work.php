<?php

declare(strict_types=1);

/*
 * What a page does with its session, over and over: take it with its lock, change it, write it, give it back. Which handler
 * keeps it is said by php.ini settings on the command line. Prints JSON: how often, in how many seconds, how often the
 * session was not what had been written, and every duration in microseconds.
 *
 *     php -d session.save_handler=… session-work.php <seconds> <id, or nothing where the handler makes ids>
 */

$seconds = (float) $argv[1];
$id = $argv[2] ?? '';
$durations = [];
$wrong = 0;
$count = 0;
$firstError = null;
set_error_handler(function (int $level, string $message) use (&$wrong, &$firstError): bool {
    $wrong++;
    $firstError ??= $message;
    return true;
});

$page = function () use (&$id, &$count, &$wrong, &$firstError): void {
    session_id($id);
    session_start();
    if ($count > 0 && ($_SESSION['count'] ?? null) !== $count) {
        $wrong++;
        $firstError ??= 'count is ' . json_encode($_SESSION['count'] ?? null) . " and not $count";
    }
    $_SESSION['count'] = ++$count;
    $_SESSION['cart'] ??= str_repeat('book ', 112);
    $id = session_id();
    session_write_close();
};

for ($warm = 0; $warm < 20; $warm++) {
    $page();
}
$startedAt = hrtime(true);
$endsAt = $startedAt + $seconds * 1e9;
while (($pageAt = hrtime(true)) < $endsAt) {
    $page();
    $durations[] = intdiv(hrtime(true) - $pageAt, 1000);
}
echo json_encode([
    'seconds' => (hrtime(true) - $startedAt) / 1e9,
    'wrong' => $wrong,
    'firstError' => $firstError,
    'durations' => $durations,
]), "\n";
