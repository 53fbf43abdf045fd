<?php

declare(strict_types=1);

namespace Maglia;

/** How a session's data is kept. */
enum Format: string
{
    /** One JSON object of $_SESSION's own keys, which other languages read and write as well. */
    case Json = 'json';

    /** PHP's serialize(), which keeps objects, and which nobody else understands. */
    case Php = 'php';
}
