<?php

declare(strict_types=1);

namespace Maglia;

/** A session's lock, as the owner granted it. */
final class Lock
{
    /** The owner began to count before we heard of it, and what is written last has to get there in time. */
    private const MARGIN_SECONDS = 1.0;

    private readonly Deadline $sureUntil;

    public function __construct(
        public readonly string $token,
        float $expiresInSeconds,
    ) {
        $this->sureUntil = Deadline::in($expiresInSeconds - self::MARGIN_SECONDS);
    }

    /** Whether nobody else who asks for locks can have had their turn since. */
    public function isSurelyHeld(): bool
    {
        return !$this->sureUntil->hasPassed();
    }
}
