<?php

declare(strict_types=1);

namespace Maglia;

/** The session holds what this application cannot make a $_SESSION of, because another one wrote it in another format. */
final class UnreadableSession extends MagliaException
{
}
