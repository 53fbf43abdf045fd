<?php

declare(strict_types=1);

namespace Maglia;

/** Whatever goes wrong here. The code is the contract: match on it, or on the class, never on the text. */
abstract class MagliaException extends \RuntimeException
{
    /** @param string $errorCode the daemon's own code where it answered one, see docs/errors.md */
    public function __construct(
        public readonly string $errorCode,
        string $message,
        ?\Throwable $previous = null,
    ) {
        parent::__construct("maglia: $message [$errorCode]", 0, $previous);
    }
}
