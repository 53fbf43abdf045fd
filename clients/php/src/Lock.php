<?php

declare(strict_types=1);

namespace Maglia;

/** A session's lock, as the owner granted it. */
final class Lock
{
    private readonly Deadline $expiry;

    public function __construct(
        public readonly string $token,
        float $expiresInSeconds,
    ) {
        $this->expiry = Deadline::in($expiresInSeconds);
    }

    /** Whether others may have had their turn since. */
    public function hasRunOut(): bool
    {
        return $this->expiry->hasPassed();
    }
}
