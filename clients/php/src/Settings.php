<?php

declare(strict_types=1);

namespace Maglia;

/**
 * What can be set. Each setting `maglia.x_y` is read from php.ini (or `php -d`), else from the environment variable
 * `MAGLIA_X_Y`; PHP's own ini_set() and .htaccess do not know them.
 */
final class Settings
{
    public const DEFAULT_URL = 'http://127.0.0.1:7420';

    /** The daemon lets nobody queue for longer. */
    private const LONGEST_LOCK_WAIT_SECONDS = 30.0;

    /**
     * @param float $timeoutSeconds for one call, connecting included; waiting for a lock comes on top
     * @param float $lockWaitSeconds how long session_start() queues while another request of the visitor has the session
     */
    public function __construct(
        public readonly Address $address,
        public readonly ?string $token = null,
        public readonly float $timeoutSeconds = 1.0,
        public readonly bool $hasLocking = true,
        public readonly float $lockWaitSeconds = self::LONGEST_LOCK_WAIT_SECONDS,
        public readonly Format $format = Format::Json,
    ) {
    }

    /** @throws ConfigurationError */
    public static function read(): self
    {
        $tokenFile = self::text('token_file');
        return new self(
            address: Address::parse(self::url()),
            token: $tokenFile === null ? null : self::tokenIn($tokenFile),
            timeoutSeconds: self::seconds('timeout', 0.05, 60.0) ?? 1.0,
            hasLocking: self::truth('lock') ?? true,
            lockWaitSeconds: self::seconds('lock_wait', 0.0, self::LONGEST_LOCK_WAIT_SECONDS) ?? self::patience(),
            format: self::format(),
        );
    }

    /** session.save_path says it too, which is the one that a pool of PHP-FPM or an Apache directory can set. */
    private static function url(): string
    {
        $savePath = (string) ini_get('session.save_path');
        return self::text('url') ?? (Address::isMeantBy($savePath) ? $savePath : self::DEFAULT_URL);
    }

    private static function tokenIn(string $file): string
    {
        $token = is_readable($file) ? trim((string) file_get_contents($file)) : '';
        // What could end the header that it stands in, or begin another.
        if (preg_match('/^[\x21-\x7e]+$/', $token) !== 1) {
            throw self::wrong('token_file', $file, 'a file that this process can read, with one token in it');
        }
        return $token;
    }

    /** As long as the request may take anyhow. */
    private static function patience(): float
    {
        $limit = (float) ini_get('max_execution_time');
        return $limit > 0 ? min($limit, self::LONGEST_LOCK_WAIT_SECONDS) : self::LONGEST_LOCK_WAIT_SECONDS;
    }

    private static function format(): Format
    {
        $text = self::text('format');
        return $text === null
            ? Format::Json
            : Format::tryFrom($text) ?? throw self::wrong('format', $text, '"json" or "php"');
    }

    private static function seconds(string $name, float $least, float $most): ?float
    {
        $text = self::text($name);
        if ($text === null) {
            return null;
        }
        if (!is_numeric($text) || (float) $text < $least || (float) $text > $most) {
            throw self::wrong($name, $text, "a number of seconds from $least to $most");
        }
        return (float) $text;
    }

    private static function truth(string $name): ?bool
    {
        $text = self::raw($name);
        return $text === null
            ? null
            : filter_var($text, FILTER_VALIDATE_BOOLEAN, FILTER_NULL_ON_FAILURE)
                ?? throw self::wrong($name, $text, 'on or off');
    }

    private static function text(string $name): ?string
    {
        $text = self::raw($name);
        return $text === '' ? null : $text;
    }

    /** php.ini's own `off` arrives as an empty text. */
    private static function raw(string $name): ?string
    {
        $ini = get_cfg_var("maglia.$name");
        $text = is_string($ini) ? $ini : getenv('MAGLIA_' . strtoupper($name));
        return is_string($text) ? $text : null;
    }

    private static function wrong(string $name, string $text, string $wanted): ConfigurationError
    {
        return new ConfigurationError('CONFIG', "maglia.$name is \"$text\"; it must be $wanted");
    }
}
