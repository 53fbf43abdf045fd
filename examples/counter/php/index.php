<?php

// The counter page in PHP. Nothing here knows of maglia: php.ini names its session handler (see ../start.mjs).

declare(strict_types=1);

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/healthz') {
    exit('ok');
}
if ($path !== '/' && $path !== '/login' && $path !== '/logout') {
    http_response_code(404);
    exit('no such page');
}

session_start();

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    match ($path) {
        '/' => $_SESSION = array_merge($_SESSION, [
            'name' => (string) ($_POST['name'] ?? ''),
            'email' => (string) ($_POST['email'] ?? ''),
        ]),
        '/login' => session_regenerate_id(true),
        '/logout' => session_destroy(),
    };
    header('Location: /', true, 303);
    exit();
}

$_SESSION['contador'] = ($_SESSION['contador'] ?? 0) + 1;

$shown = [
    'contador' => $_SESSION['contador'],
    'name' => $_SESSION['name'] ?? '',
    'email' => $_SESSION['email'] ?? '',
    'language' => 'PHP',
    'host' => getenv('HOST_LETTER'),
    'session' => session_id(),
];
if (str_contains($_SERVER['HTTP_ACCEPT'] ?? '', 'application/json')) {
    header('Content-Type: application/json');
    exit(json_encode($shown));
}
$page = file_get_contents(__DIR__ . '/../page.html');
echo preg_replace_callback('/{{(\w+)}}/', fn ($found) => htmlspecialchars((string) $shown[$found[1]]), $page);
