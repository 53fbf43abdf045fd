<?php

declare(strict_types=1);

namespace Maglia;

/** A moment after which nobody waits any longer. */
final class Deadline
{
    private readonly float $at;

    private function __construct(float $seconds)
    {
        $this->at = self::now() + $seconds;
    }

    public static function in(float $seconds): self
    {
        return new self($seconds);
    }

    /** Seconds; 0 once it has passed. */
    public function remaining(): float
    {
        return max(0.0, $this->at - self::now());
    }

    public function hasPassed(): bool
    {
        return $this->remaining() === 0.0;
    }

    /** Counted by a clock that nobody sets. */
    private static function now(): float
    {
        return hrtime(true) / 1e9;
    }
}
