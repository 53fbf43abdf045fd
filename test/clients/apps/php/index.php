<?php
/*
 * A visitor's counter in the session, with PHP's own session functions and nothing else. How sessions are kept is the
 * business of the ini settings that the tests start `php -S` with. Whatever PHP complains of becomes an error page.
 */

set_error_handler(function (int $level, string $message): bool {
    http_response_code(500);
    header('Content-Type: application/json');
    // Not exit(): that would still write the session.
    echo json_encode(['error' => $message]), "\n";
    return true;
});

function answer(array $body): void
{
    header('Content-Type: application/json');
    echo json_encode($body), "\n";
}

session_start();

// /read leaves the session as it is.
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/count':
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        break;

    case '/clear':
        $_SESSION = [];
        break;

    case '/regenerate':
        session_regenerate_id(true);
        break;

    case '/destroy':
        session_destroy();
        answer(['counter' => 0, 'id' => session_id()]);
        return;

    case '/slow':
        // Answered when the test says so: until then this request holds the session that it has read.
        file_get_contents($_GET['gate']);
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        break;
}

$id = session_id();
$counter = $_SESSION['counter'] ?? 0;
session_write_close();
answer(['counter' => $counter, 'id' => $id]);
