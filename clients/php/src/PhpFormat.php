<?php

declare(strict_types=1);

namespace Maglia;

/** `maglia.format = php`: everything that PHP can serialize, objects included, for PHP alone. */
final class PhpFormat implements SessionFormat
{
    private const CONTENT_TYPE = 'application/x-php-session';

    public function __construct(private readonly Daemon $daemon)
    {
    }

    public function load(StoredSession $session): string
    {
        if ($session->contentType === self::CONTENT_TYPE) {
            return (string) $session->bytes;
        }
        // A fresh session, or one from before the format was changed.
        $values = $session->values();
        return $values === [] ? '' : serialize($values);
    }

    public function save(
        StoredSession $session,
        array $values,
        string $serialized,
        ?int $ttlSeconds,
        bool $isAlone,
    ): array {
        $ifVersion = $isAlone ? null : $session->version;
        $this->daemon->putBytes($session->id, self::CONTENT_TYPE, $serialized, $ttlSeconds, $ifVersion);
        return [];
    }
}
