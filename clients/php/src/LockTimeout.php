<?php

declare(strict_types=1);

namespace Maglia;

/** Another request of the same visitor kept the session for longer than this one was ready to wait. */
final class LockTimeout extends MagliaException
{
}
