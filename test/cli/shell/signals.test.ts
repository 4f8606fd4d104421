import { afterEach, expect, test } from "vitest";
import { endingSignal, interruption, stopping } from "../../../src/cli/shell/signals.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));

afterEach(() => {
	for (const signal of SIGNALS)
		for (const listener of process.listeners(signal))
			if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
});

const send = (signal: (typeof SIGNALS)[number]) => process.emit(signal, signal);

test("the first signal aborts, and the second one ends the process at once", async () => {
	const ended = endingSignal();
	using interrupted = interruption();
	send("SIGHUP");
	expect(interrupted.signal.reason).toBe("SIGHUP");
	send("SIGTERM");
	expect(await ended).toBe(143);
});

test("without a terminal, SIGHUP neither stops a service nor cuts its stop short", async () => {
	const ended = endingSignal();
	let hangups = 0;
	using interrupted = stopping(() => hangups++, false);
	send("SIGHUP");
	expect(interrupted.signal.aborted).toBe(false);
	send("SIGTERM");
	expect(interrupted.signal.reason).toBe("SIGTERM");
	// As systemd sends it with SendSIGHUP=.
	send("SIGHUP");
	expect(hangups).toBe(2);
	send("SIGINT");
	expect(await ended).toBe(130);
});

test("with a terminal, SIGHUP stops a service, because the terminal was closed", () => {
	void endingSignal();
	using interrupted = stopping(() => expect.unreachable(), true);
	send("SIGHUP");
	expect(interrupted.signal.reason).toBe("SIGHUP");
});
