/**
 * Clients send invalid input to a platform whose functions send invalid responses. The platform must
 * continue, no client may get another's response, and the platform must release its resources.
 */
import { CLOSE, converse as converseBytes, request } from "./hostile/clients/client.ts";
import { type Conversation, conversationFrom, converse, faultOf } from "./hostile/clients/conversation.ts";
import type { Replacement } from "./hostile/clients/instrument.ts";
import { PROBES } from "./hostile/clients/probes.ts";
import type { Report } from "./hostile/clients/subject.program.ts";
import { Subject } from "./hostile/clients/subject.ts";
import { type Random, randomFrom } from "./random.ts";
import type { Torture, TortureOptions, TortureReport } from "./torture.ts";

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
	"a request that is malformed is passed on": {
		file: "src/platform/gateway/admission.ts",
		text: 'if (isMalformed || named === "ambiguous")',
		by: 'if (named === "ambiguous")',
	},
};

/** The faults in the responses to two valid requests. */
async function faultOfNext({ ready }: Subject): Promise<string | undefined> {
	const validRequests = [
		["gateway", ready.gateway, "/shop/echo/?tag=honest"],
		["control API", ready.control, "/healthz"],
	] as const;
	for (const [name, port, path] of validRequests) {
		const { text } = await converseBytes(port, request(path, [CLOSE]));
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
				conversationFrom(random, id + index),
			);
			await Promise.all(batch.map((conversation, index) => this.#one(conversation, id + index)));
			const fault = await this.#check();
			if (fault !== undefined) this.failures.push(`after conversation ${id + batch.length - 1}: ${fault}`);
		}
	}

	async #one(conversation: Conversation, id: number): Promise<void> {
		const exchange = await converse(conversation, this.#subject.ready);
		const fault = faultOf(conversation, exchange);
		if (fault !== undefined)
			this.failures.push(`conversation ${id}: ${fault}\n${JSON.stringify(conversation).slice(0, 2_000)}`);
		this.#count("conversations", 1);
		this.#count("requests", conversation.requests.length);
		this.#count("answers", exchange.text.split(/HTTP\/1\.1 (?!103)\d/).length - 1);
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
