<?php

declare(strict_types=1);

namespace Maglia;

/** Has PHP's own session functions keep their sessions at the daemon. */
final class Sessions
{
    /**
     * For the first lines of an application, or for prepend.php. The daemon is asked nothing before session_start().
     *
     * @param ?Settings $settings those of php.ini and the environment where none are given
     * @throws ConfigurationError where a session has begun already
     */
    public static function install(?Settings $settings = null): SessionHandler
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            throw new ConfigurationError('AUTO_START', 'session.auto_start must be off: it starts sessions before us');
        }
        // Without strict mode the visitors of a dead host would keep their id, and have no session.
        ini_set('session.use_strict_mode', '1');
        ini_set('session.serialize_handler', 'php_serialize');
        $handler = new SessionHandler($settings);
        session_set_save_handler(new InstalledHandler($handler), false);
        // After all shutdown functions of the application, which may still use the session, as with PHP's own handlers.
        register_shutdown_function(
            static fn () => register_shutdown_function(static fn () => $handler->finish()),
        );
        return $handler;
    }
}
