<?php

declare(strict_types=1);

namespace Maglia;

/** The daemon answers, but nobody may answer for this session just now. A failure is never a miss (S3): the cookie stays. */
final class SessionUnavailable extends MagliaException
{
}
