<?php

/*
 * A site with PHP's own session functions and nothing else. That its sessions are kept by maglia is the business of the
 * ini settings that the tests start `php -S` with. Each page answers JSON: what it says, the session's id, and whatever
 * PHP complained of before it answered.
 */

$complaints = [];

set_error_handler(function (int $level, string $message) use (&$complaints): bool {
    $complaints[] = $message;
    // What comes after the answer is read in the server's output.
    error_log($message);
    return true;
});

set_exception_handler(function (Throwable $error): void {
    http_response_code(500);
    header('Content-Type: application/json');
    echo json_encode(['error' => $error::class, 'message' => $error->getMessage()]);
});

function waitAt(string $gate): void
{
    file_get_contents($gate);
}

/** As var_export() has it: JSON would not tell 1 from 1.0. */
function shown(): array
{
    return array_map(fn (mixed $value): string => var_export($value, true), $_SESSION);
}

final class Cart
{
    public function __construct(public array $books = [])
    {
    }
}

$pages = [
    '/count' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        $counter = $_SESSION['counter'];
        session_write_close();
        return ['counter' => $counter];
    },
    // The session ends with the request, not before.
    '/count-to-the-end' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        return ['counter' => $_SESSION['counter']];
    },
    '/read' => function (): array {
        session_start();
        return ['session' => $_SESSION, 'counter' => $_SESSION['counter'] ?? 0];
    },
    '/show' => function (): array {
        session_start();
        return ['shown' => shown()];
    },
    // Answers when the test says so; until then it has the session.
    '/slow' => function (): array {
        session_start();
        waitAt($_GET['gate']);
        $_SESSION[$_GET['key'] ?? 'counter'] = ($_SESSION[$_GET['key'] ?? 'counter'] ?? 0) + 1;
        session_write_close();
        return ['session' => $_SESSION];
    },
    // null is what a merge patch cannot say.
    '/slow-null' => function (): array {
        session_start();
        waitAt($_GET['gate']);
        $_SESSION['nothing'] = null;
        session_write_close();
        return [];
    },
    '/set' => function (): array {
        session_start();
        $_SESSION[$_GET['key']] = json_decode($_GET['value'], true);
        session_write_close();
        return [];
    },
    '/unset' => function (): array {
        session_start();
        unset($_SESSION[$_GET['key']]);
        session_write_close();
        return [];
    },
    '/regenerate' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 10;
        session_regenerate_id(isset($_GET['delete']));
        $_SESSION['user'] = 'ana';
        session_write_close();
        return ['session' => $_SESSION];
    },
    '/destroy' => function (): array {
        session_start();
        session_destroy();
        return [];
    },
    '/destroy-and-start' => function (): array {
        session_start();
        session_destroy();
        session_start();
        $_SESSION = ['counter' => 100];
        session_write_close();
        return [];
    },
    '/unset-all' => function (): array {
        session_start();
        session_unset();
        session_write_close();
        return ['session' => $_SESSION];
    },
    '/abort' => function (): array {
        session_start();
        $_SESSION['counter'] = 1000;
        session_abort();
        return [];
    },
    // What it reads again was written by somebody who asks for no lock, while it waited.
    '/reset' => function (): array {
        session_start();
        $_SESSION['counter'] = 1000;
        waitAt($_GET['gate']);
        session_reset();
        $seen = $_SESSION;
        $_SESSION['counter'] += 1;
        session_write_close();
        return ['session' => $seen];
    },
    '/read-and-close' => function (): array {
        session_start(['read_and_close' => true]);
        waitAt($_GET['gate']);
        return ['counter' => $_SESSION['counter'] ?? 0];
    },
    '/twice' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        session_write_close();
        session_start();
        $_SESSION['counter'] += 1;
        session_write_close();
        return ['counter' => $_SESSION['counter']];
    },
    // An application's own handler, in the form of six functions, set after ours.
    '/own-handler' => function (): array {
        $kept = [];
        $ids = [];
        $destroyed = [];
        session_set_save_handler(
            fn (string $path, string $name): bool => true,
            fn (): bool => true,
            function (string $id) use (&$kept): string {
                return $kept[$id] ?? '';
            },
            function (string $id, string $data) use (&$kept): bool {
                $kept[$id] = $data;
                return true;
            },
            function (string $id) use (&$kept, &$destroyed): bool {
                unset($kept[$id]);
                $destroyed[] = $id;
                return true;
            },
            fn (int $age): int => 0,
        );
        session_start();
        $_SESSION['own'] = 1;
        $ids[] = session_id();
        session_write_close();
        session_start();
        $_SESSION['own'] += 1;
        session_regenerate_id(true);
        $ids[] = session_id();
        session_write_close();
        $afterRegenerate = $kept;
        session_start();
        $seen = $_SESSION;
        session_destroy();
        return compact('ids', 'afterRegenerate', 'seen', 'destroyed', 'kept');
    },
    // Which of its own six functions PHP calls, and when: for a new session, pages that change nothing, and a foreign id.
    '/own-handler-calls' => function (): array {
        ini_set('session.use_strict_mode', $_GET['strict']);
        ini_set('session.lazy_write', $_GET['lazy']);
        $had = null;
        if (isset($_GET['after'])) {
            session_start();
            $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
            session_write_close();
            $had = session_id();
            session_id('');
        }
        $calls = [];
        $kept = [];
        $called = function (string $name, string $id = '') use (&$calls): bool {
            $calls[] = trim("$name " . (strlen($id) > 12 ? 'its own' : $id));
            return true;
        };
        session_set_save_handler(
            fn (string $path, string $name): bool => $called('open'),
            fn (): bool => $called('close'),
            function (string $id) use (&$kept, $called): string {
                $called('read', $id);
                return $kept[$id] ?? '';
            },
            function (string $id, string $data) use (&$kept, $called): bool {
                $kept[$id] = $data;
                return $called('write', $id);
            },
            fn (string $id): bool => $called('destroy', $id),
            fn (int $age): int => 0,
        );
        session_start();
        $_SESSION['own'] = 1;
        session_write_close();
        for ($page = 0; $page < 2; $page += 1) {
            session_start();
            session_write_close();
        }
        session_start();
        session_regenerate_id(true);
        session_write_close();
        session_id('foreign');
        session_start();
        session_write_close();
        session_start();
        session_destroy();
        return ['calls' => $calls, 'had' => $had];
    },
    // What a framework does that hands a cookie on.
    '/destroy-cookie' => function (): array {
        $victim = $_GET['victim'];
        $handler = new Maglia\SessionHandler();
        $handler->open('', 'PHPSESSID');
        try {
            $handler->destroy("x HTTP/1.1\r\nHost: localhost\r\n\r\nDELETE /v1/sessions/$victim");
            $outcome = 'done';
        } catch (Maglia\MagliaException $error) {
            $outcome = $error::class;
        }
        $handler->close();
        return ['outcome' => $outcome];
    },
    '/create-id' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        $new = session_create_id();
        session_write_close();
        $old = session_id($new);
        session_start();
        $_SESSION['from'] = $old;
        session_write_close();
        return ['old' => $old, 'new' => $new];
    },
    '/prefixed-id' => function (): array {
        ini_set('session.use_strict_mode', '0');
        session_id('shop-' . bin2hex(random_bytes(8)));
        session_start();
        return [];
    },
    '/named' => function (): array {
        session_name('shop');
        session_set_cookie_params(['path' => '/', 'samesite' => 'Lax', 'httponly' => true]);
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        return ['counter' => $_SESSION['counter']];
    },
    // Ends as by the kernel's out-of-memory killer.
    '/die' => function (): array {
        session_start();
        shell_exec('kill -9 ' . getmypid());
        return [];
    },
    '/throw' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        throw new DomainException('a fault of the page');
    },
    '/fatal' => function (): array {
        session_start();
        $_SESSION['counter'] = ($_SESSION['counter'] ?? 0) + 1;
        ini_set('memory_limit', '16M');
        return ['too much' => str_repeat('x', 1 << 25)];
    },
    '/late' => function (): array {
        session_start();
        register_shutdown_function(function (): void {
            $_SESSION['late'] = 'said by a shutdown function';
        });
        return [];
    },
    '/unkeepable' => function (): array {
        session_start();
        $file = fopen(__FILE__, 'r');
        $circle = ['name' => 'circle'];
        $circle['inside'] = &$circle;
        $_SESSION['good'] = 'kept';
        $_SESSION['cart'] = ['items' => [1, new Cart()]];
        $_SESSION['file'] = $file;
        $_SESSION['nan'] = NAN;
        $_SESSION['latin1'] = "caf\xe9";
        $_SESSION['circle'] = $circle;
        $_SESSION['snowflake'] = PHP_INT_MAX;
        $_SESSION['trap'] = ['__proto__' => 1];
        session_write_close();
        return [];
    },
    '/closure' => function (): array {
        session_start();
        $_SESSION['good'] = 'kept';
        $_SESSION['counter'] = fn () => 1;
        return [];
    },
    '/closure-closed' => function (): array {
        session_start();
        $_SESSION['good'] = 'not kept';
        $_SESSION['closure'] = fn () => 1;
        session_write_close();
        return [];
    },
    '/values' => function (): array {
        session_start();
        $_SESSION['nested'] = ['cart' => ['books' => ['a', 'b'], 'sizes' => ['x' => ['y' => [1, 2, [3]]]]]];
        $_SESSION['unicode'] = "Žluťoučký 🐎 \u{2028} \"quoted\" \\ /";
        $_SESSION['float'] = 0.1 + 0.2;
        $_SESSION['tiny'] = 5e-324;
        $_SESSION['huge'] = 1.7976931348623157e308;
        $_SESSION['wide'] = 2.0 ** 60;
        $_SESSION['int'] = 2 ** 53;
        $_SESSION['negative'] = -42;
        $_SESSION['null'] = null;
        $_SESSION['deep null'] = ['a' => ['b' => null, 'c' => 1]];
        $_SESSION['true'] = true;
        $_SESSION['false'] = false;
        $_SESSION['empty'] = [];
        $_SESSION['empty text'] = '';
        $_SESSION['by number'] = [3 => 'three', 7 => 'seven'];
        $_SESSION['pipe|and!'] = 'odd key';
        $_SESSION[5] = 'five';
        $_SESSION[''] = 'no name';
        session_write_close();
        return ['shown' => shown()];
    },
    // A list of what was seen last: the order is what it says.
    '/seen' => function (): array {
        session_start();
        $seen = $_SESSION['seen'] ?? [];
        unset($seen[$_GET['book']]);
        $_SESSION['seen'] = $seen + [$_GET['book'] => true];
        session_write_close();
        return ['seen' => array_keys($_SESSION['seen'])];
    },
    '/object' => function (): array {
        session_start();
        $_SESSION['cart'] ??= new Cart();
        $_SESSION['cart']->books[] = 'Momo';
        session_write_close();
        return ['books' => $_SESSION['cart']->books];
    },
    '/large' => function (): array {
        session_start();
        $_SESSION['large'] = str_repeat('x', 3 << 20);
        session_write_close();
        return [];
    },
    '/rounded' => function (): array {
        ini_set('serialize_precision', '3');
        session_start();
        $_SESSION['float'] = M_PI;
        session_write_close();
        return [];
    },
    '/try-twice' => function (): array {
        try {
            session_start();
            return ['error' => 'none'];
        } catch (Maglia\MagliaException $error) {
            session_start();
            return ['error' => $error->errorCode, 'session' => $_SESSION];
        }
    },
    '/no-session' => fn (): array => [],
];

$said = $pages[parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)]();
header('Content-Type: application/json');
echo json_encode($said + ['id' => session_id(), 'complaints' => $complaints], JSON_PRESERVE_ZERO_FRACTION);
