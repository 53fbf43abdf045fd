<?php

declare(strict_types=1);

/*
 * PSR-4 for `Maglia\`, for hosts without composer. Asked after every autoloader that the application has, and silent about
 * what is not ours.
 */
spl_autoload_register(static function (string $class): void {
    if (!str_starts_with($class, 'Maglia\\')) {
        return;
    }
    $file = __DIR__ . '/src/' . strtr(substr($class, strlen('Maglia\\')), '\\', '/') . '.php';
    if (is_file($file)) {
        require $file;
    }
});
