<?php

declare(strict_types=1);

namespace Maglia;

/** Nothing was done: the daemon keeps no session for longer than `$most` seconds. */
final class LifeTooLong extends Refused
{
    public function __construct(string $errorCode, string $message, public readonly int $most)
    {
        parent::__construct($errorCode, $message);
    }
}
