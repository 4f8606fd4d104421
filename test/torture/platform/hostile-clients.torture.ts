/**
 * Clients send invalid input to a platform whose functions send invalid responses. The platform must
 * continue, no client may get another's response, and the platform must release its resources.
 */

import { type Random, randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { CLOSE, converse, request } from "./hostile/clients/client.ts";
import { conversationFrom, play } from "./hostile/clients/conversation.ts";
import { http2ConversationFrom, playHttp2 } from "./hostile/clients/http2-conversation.ts";
import type { Replacement } from "./hostile/clients/instrument.ts";
import { PROBES } from "./hostile/clients/probes.ts";
import type { Ready, Report } from "./hostile/clients/subject.program.ts";
import { Subject } from "./hostile/clients/subject.ts";

/** The part of the conversations that use HTTP/2. */
const HTTP2_SHARE = 0.3;
/** Conversations at once. */
const CLIENTS = 8;
/** The time in which the platform must release its resources. It keeps idle connections for some seconds. */
const SETTLE_MS = 15_000;
const HEAP_GROWTH_MAX = 24 * 1024 * 1024;
const FAILURES_MAX = 20;

/** The planted bugs, by their description. */
export const PLANTS: Readonly<Record<string, Replacement>> = {
	"a request overtakes a response that is due": {
		file: "src/platform/gateway/http-server/http1-connection.ts",
		text: "this.#requests.step(this.#exchange === undefined)",
		by: "this.#requests.step(true)",
	},
	"the status of a function's response is not checked": {
		file: "src/platform/gateway/function-answer.ts",
		text: "if (!Number.isInteger(status) || status < 200 || status > 599)",
		by: "if (status === -1)",
	},
	"the body of a request is read as the next request": {
		file: "src/platform/gateway/http-server/request-body-decoder.ts",
		text: "return length > 0 ? new SizedDecoder(length) : undefined;",
		by: "return undefined;",
	},
	"the end of a response of HTTP/2 is not sent": {
		file: "src/platform/gateway/http2-server/http2-exchange.ts",
		text: "this.#stream.sendTrailers({});",
		by: "",
	},
	"a request that is malformed is passed on": {
		file: "src/platform/gateway/admission.ts",
		text: 'if (isMalformed || named === "ambiguous")',
		by: 'if (named === "ambiguous")',
	},
};

/** The faults in the responses to valid requests. */
async function faultOfNext({ ready }: Subject): Promise<string | undefined> {
	const validRequests = [
		["gateway", ready.gateway, "/shop/echo/?tag=honest"],
		["gateway with TLS", ready.secure, "/shop/echo/?tag=honest"],
		["control API", ready.control, "/healthz"],
	] as const;
	for (const [name, port, path] of validRequests) {
		const { text } = await converse(port, request(path, [CLOSE]));
		const isRight = text.startsWith("HTTP/1.1 200 ") && (port === ready.control || text.endsWith("honest"));
		if (!isRight) return `the ${name} answered a valid request with: ${text.slice(0, 60)}`;
	}
	return undefined;
}

/** The faults that the platform's process reports about itself. */
function faultOfProcess({ uncontained }: Report, subject: Subject): string | undefined {
	if (uncontained.length > 0) return `it reached the process: ${uncontained[0]}`;
	return subject.log.includes("an internal error was contained")
		? `an exception had to be contained:\n${subject.log.slice(-2_000)}`
		: undefined;
}

/**
 * Waits until the platform has no more resources than before. @returns the resources that it has not released
 */
async function settled(subject: Subject, before: Report): Promise<string | undefined> {
	const untilMs = performance.now() + SETTLE_MS;
	for (;;) {
		const { descriptors, heapBytes } = await subject.look({ collectsGarbage: true });
		const isBack = descriptors <= before.descriptors && heapBytes <= before.heapBytes + HEAP_GROWTH_MAX;
		if (isBack) return undefined;
		if (performance.now() > untilMs)
			return `descriptors went from ${before.descriptors} to ${descriptors}, the heap from ${before.heapBytes} to ${heapBytes} bytes`;
		await new Promise((resolve) => setTimeout(resolve, 500));
	}
}

/** A conversation of either version of HTTP. */
interface Played {
	readonly carrier: "HTTP/1.1" | "HTTP/1.1 with TLS" | "HTTP/2";
	readonly requests: number;
	/** All of it, as text. */
	readonly shown: string;
	readonly play: (ready: Ready) => Promise<{ fault: string | undefined; answers: number }>;
}

function conversationAt(random: Random, id: number): Played {
	if (random.chance(HTTP2_SHARE)) {
		const conversation = http2ConversationFrom(random, id);
		const requests = conversation.streams.length;
		const shown = JSON.stringify(conversation);
		return { carrier: "HTTP/2", requests, shown, play: (ready) => playHttp2(conversation, ready) };
	}
	const conversation = conversationFrom(random, id);
	const carrier = conversation.isSecure ? "HTTP/1.1 with TLS" : "HTTP/1.1";
	const requests = conversation.requests.length;
	const shown = JSON.stringify(conversation);
	return { carrier, requests, shown, play: (ready) => play(conversation, ready) };
}

class Attack {
	readonly failures: string[] = [];
	readonly tally: Record<string, number> = {
		probes: 0,
		conversations: 0,
		requests: 0,
		answers: 0,
		processes: 1,
	};
	readonly #subject: Subject;

	constructor(subject: Subject) {
		this.#subject = subject;
	}

	get isOver(): boolean {
		return this.failures.length >= FAILURES_MAX || !this.#subject.isAlive;
	}

	async probe(isEnough: () => boolean): Promise<void> {
		for (const [name, probe] of PROBES) {
			if (isEnough()) return;
			const fault = (await probe(this.#subject.ready)) ?? (await this.#check());
			if (fault !== undefined) this.failures.push(`${name}: ${fault}`);
			this.#count("probes", 1);
		}
	}

	/** Runs conversations, several at a time. */
	async converse(random: Random, rounds: number, isEnough: () => boolean): Promise<void> {
		for (let id = 0; id < rounds && !isEnough(); id += CLIENTS) {
			const batch = Array.from({ length: Math.min(CLIENTS, rounds - id) }, (_, index) =>
				conversationAt(random, id + index),
			);
			await Promise.all(batch.map((conversation, index) => this.#one(conversation, id + index)));
			const fault = await this.#check();
			if (fault !== undefined) this.failures.push(`after conversation ${id + batch.length - 1}: ${fault}`);
		}
	}

	async #one({ carrier, play: begin, requests, shown }: Played, id: number): Promise<void> {
		const { answers, fault } = await begin(this.#subject.ready);
		if (fault !== undefined)
			this.failures.push(`conversation ${id} (${carrier}): ${fault}\n${shown.slice(0, 2_000)}`);
		this.#count("conversations", 1);
		this.#count(`conversations over ${carrier}`, 1);
		this.#count("requests", requests);
		this.#count("answers", answers);
	}

	#count(what: string, number: number): void {
		this.tally[what] = (this.tally[what] ?? 0) + number;
	}

	async #check(): Promise<string | undefined> {
		const next = await faultOfNext(this.#subject);
		return next ?? faultOfProcess(await this.#subject.look(), this.#subject);
	}
}

async function run({ plant, rounds, seed }: TortureOptions): Promise<TortureReport> {
	const replacement = plant === undefined ? undefined : PLANTS[plant];
	await using subject = await Subject.start({ replacement });
	const attack = new Attack(subject);
	const isEnough = () => attack.isOver || (plant !== undefined && attack.failures.length > 0);
	const pid = subject.pid;
	try {
		// After this, the platform has allocated everything that it needs permanently.
		await attack.converse(randomFrom(seed + 1), CLIENTS * 4, isEnough);
		const before = await subject.look({ collectsGarbage: true });
		await attack.probe(isEnough);
		await attack.converse(randomFrom(seed), rounds, isEnough);
		const held = isEnough() ? undefined : await settled(subject, before);
		if (held !== undefined) attack.failures.push(held);
		if (subject.pid !== pid || !subject.isAlive) attack.failures.push("the process is another, or none");
	} catch (error) {
		attack.failures.push(`${error instanceof Error ? error.message : error}\n${subject.log.slice(-2_000)}`);
	}
	const { failures, tally } = attack;
	return { rounds: tally.conversations ?? 0, failures, tally };
}

export const torture: Torture = {
	name: "hostile-clients: what clients and functions send that they should not",
	rounds: { short: 96, long: 24_000 },
	plants: Object.keys(PLANTS),
	run,
};
