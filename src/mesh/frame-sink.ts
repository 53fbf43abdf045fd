import type { Hello, HelloAnswer, NoAnswerReason, PeerAnswer, PeerRequest } from './message.ts';

/**
 * Where decoded frames go: one method for each frame type, called in the order of the wire. A method may throw a
 * FrameError for a frame that is not its to receive, or not now.
 */
export interface FrameSink {
  onHello(hello: Hello): void;
  onHelloAnswer(answer: HelloAnswer): void;
  onRequest(number: number, request: PeerRequest): void;
  onAnswer(number: number, answer: PeerAnswer): void;
  onNoAnswer(number: number, reason: NoAnswerReason): void;
}
