/**
 * Passes on a response of a process on probation only after every read of the process before it is reported (see
 * `Probation`): the request may go to the next process instead.
 */
import type { ServingInstance } from "../runtime/runtime.ts";
import type { FunctionExchange, ResponseHandler } from "./http-client/exchange.ts";

/**
 * A handler that passes everything on to another one, the head or the failure only once the reads are reported.
 * @param upstream the exchange, whose response is not read in the meantime
 */
export function settledFirst(
	instance: Pick<ServingInstance, "probation">,
	handler: ResponseHandler,
	upstream: () => Pick<FunctionExchange, "pause" | "resume"> | undefined,
): ResponseHandler {
	/** What arrived while the reads are being reported. */
	let waiting: (() => void)[] | undefined;
	const passOn = (event: () => void) => {
		if (waiting === undefined) event();
		else waiting.push(event);
	};
	const settle = (event: () => void) => {
		const settled = waiting === undefined ? instance.probation?.settleReads() : undefined;
		if (settled === undefined) return passOn(event);
		waiting = [event];
		upstream()?.pause();
		void settled.then(() => {
			const events = waiting ?? [];
			waiting = undefined;
			upstream()?.resume();
			for (const each of events) each();
		});
	};
	return {
		onHead: (answer) => settle(() => handler.onHead(answer)),
		onData: (data) => passOn(() => handler.onData(data)),
		onRead: () => passOn(() => handler.onRead()),
		onEnd: () => passOn(() => handler.onEnd()),
		onFailed: (failure) => settle(() => handler.onFailed(failure)),
	};
}
