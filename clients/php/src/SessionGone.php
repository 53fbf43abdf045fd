<?php

declare(strict_types=1);

namespace Maglia;

/** A miss: there is no such session any more, and nothing will bring it back. */
final class SessionGone extends MagliaException
{
    /** @param string $reason what became of it: owner-dead, expired, evicted, destroyed, unknown, malformed, store-lost, restarted, left */
    public function __construct(
        public readonly string $reason,
        string $message,
    ) {
        parent::__construct('SESSION_MISS', $message);
    }
}
