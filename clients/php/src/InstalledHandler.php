<?php

declare(strict_types=1);

namespace Maglia;

/**
 * What PHP is given of a SessionHandler: all but updateTimestamp(). PHP keeps that one beside an application's own six
 * functions, and calls it instead of their write() where a page has changed nothing, so that their sessions would run out
 * while they are used. Without it PHP always calls write(), and what lazy_write does is done here.
 *
 * So it does not implement \SessionUpdateTimestampHandlerInterface; PHP finds validateId() by its name.
 */
final class InstalledHandler implements \SessionHandlerInterface, \SessionIdInterface
{
    /** The session that was read last, as PHP keeps it for lazy_write; null where that is not to be compared with. */
    private ?string $readId = null;
    private string $readData = '';

    public function __construct(private readonly SessionHandler $handler)
    {
    }

    public function open(string $path, string $name): bool
    {
        $this->readId = null;
        return $this->handler->open($path, $name);
    }

    public function validateId(string $id): bool
    {
        return $this->handler->validateId($id);
    }

    public function create_sid(): string
    {
        return $this->handler->create_sid();
    }

    public function read(string $id): string
    {
        $this->readData = $this->handler->read($id);
        $this->readId = $id;
        return $this->readData;
    }

    public function write(string $id, string $data): bool
    {
        $isUnchanged = $id === $this->readId && $data === $this->readData;
        return $isUnchanged && (bool) ini_get('session.lazy_write')
            ? $this->handler->updateTimestamp($id, $data)
            : $this->handler->write($id, $data);
    }

    public function destroy(string $id): bool
    {
        return $this->handler->destroy($id);
    }

    public function close(): bool
    {
        $this->readId = null;
        $this->readData = '';
        return $this->handler->close();
    }

    public function gc(int $max_lifetime): int
    {
        return $this->handler->gc($max_lifetime);
    }
}
