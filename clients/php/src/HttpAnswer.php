<?php

declare(strict_types=1);

namespace Maglia;

/** What the daemon answered. */
final class HttpAnswer
{
    /** @param array<string, string> $headers by lower-case name */
    public function __construct(
        public readonly int $status,
        public readonly array $headers,
        public readonly string $body,
    ) {
    }
}
