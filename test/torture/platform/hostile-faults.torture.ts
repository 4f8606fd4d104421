/**
 * The platform throws once at each fault point in its code for sockets. It must continue, and so must all
 * other clients.
 */

import { randomFrom } from "../random.ts";
import type { Torture, TortureOptions, TortureReport } from "../torture.ts";
import { CLOSE, converse, type Place, request } from "./hostile/clients/client.ts";
import type { Replacement, Site } from "./hostile/clients/instrument.ts";
import { START_STEP, STEPS } from "./hostile/clients/steps.ts";
import { Subject } from "./hostile/clients/subject.ts";

/**
 * All code that handles input of clients and functions, except the error boundary itself. Each pattern
 * matches a file.
 */
export const SOCKETS = [
	/^src\/platform\/gateway\//,
	/^src\/platform\/http\//,
	/^src\/platform\/logs\//,
	/^src\/platform\/api\/(?:logs\/.*|stream|streams|control-listener)\.ts$/,
	/^src\/platform\/runtime\/output\//,
	/^src\/platform\/runtime\/process\/(?:control-socket|deno-process|child-exit|in-flight|handover|liveness|background-work|function-process)\.ts$/,
	/^src\/platform\/runtime\/probation\.ts$/,
];

/** The planted bugs, by their description. */
export const PLANTS: Readonly<Record<string, Replacement>> = {
	"what a client sends is read outside of the boundary": {
		file: "src/platform/gateway/http-server/http1-connection.ts",
		text: "readDirectly(socket, faults.callback(read, destroy))",
		by: "readDirectly(socket, read)",
	},
	"what a function writes is read outside of the boundary": {
		file: "src/platform/runtime/output/paced-reader.ts",
		text: "faults.callback((chunk: Buffer) => this.#read(chunk), goOn)",
		by: "(chunk: Buffer) => this.#read(chunk)",
	},
	"a problem of the gateway itself leaves the client without a response": {
		file: "src/platform/gateway/gateway.ts",
		text: "() => this.#fail(client, requestIdOf(client)),",
		by: "() => undefined,",
	},
};

/** Whether a file of the platform gets fault points. */
export function fits(file: string): boolean {
	return SOCKETS.some((pattern) => pattern.test(file));
}

/**
 * The fault points that each step passes when nothing throws. @returns for the id of each point, the first
 * step that passes it
 */
async function record(subject: Subject): Promise<Map<number, string>> {
	const passedBy = new Map<number, string>();
	// Points that are passed only the first time cannot be tested.
	for (const step of Object.values(STEPS)) await step(subject.ready);
	await subject.look();
	for (const [name, step] of Object.entries(STEPS)) {
		const silent = (await step(subject.ready)).some(({ end }) => end === "silent");
		if (silent) throw new Error(`Nothing was thrown, and there was no response: ${name}`);
		for (const id of (await subject.look()).passed) if (!passedBy.has(id)) passedBy.set(id, name);
	}
	return passedBy;
}

/** The faults of the next requests: those whose status is not 200. */
async function faultOfNext({ ready }: Subject, withStart: boolean): Promise<string | undefined> {
	const asked: (readonly [string, Place, string])[] = [
		["gateway", ready.gateway, "/shop/echo/?tag=next"],
		["gateway with TLS", ready.secure, "/shop/echo/?tag=next"],
		["gateway of raw functions", ready.raw, "/shop/raw/plain?tag=next"],
		["control API", ready.control, "/healthz"],
	];
	if (withStart) asked.push(["function that is started", ready.raw, "/shop/cycle"]);
	for (const [name, port, target] of asked) {
		const { text } = await converse(port, request(target, [CLOSE]));
		if (!text.startsWith("HTTP/1.1 200 "))
			return `the ${name} answered the next request with ${text.slice(9, 12)}`;
	}
	return undefined;
}

async function throwAt(
	subject: Subject,
	site: Site,
	stepName: string,
): Promise<{ wrong: string[]; hasThrown: boolean }> {
	const step = STEPS[stepName];
	if (step === undefined) throw new Error("There is no such step.");
	const wrong: string[] = [];
	await subject.arm(site.id);
	const exchanges = await step(subject.ready);
	if (exchanges.some(({ end }) => end === "silent"))
		wrong.push("a client got neither a response nor the end of its connection");
	const { hasThrown, uncontained } = await subject.look();
	await subject.arm(-1);
	const next = await faultOfNext(subject, stepName === START_STEP);
	if (next !== undefined) wrong.push(next);
	uncontained.push(...(await subject.look()).uncontained);
	wrong.push(...uncontained.map((stack) => `it reached the process: ${stack}`));
	return { wrong, hasThrown };
}

async function throwEverywhere(
	subject: Subject,
	{ plant, rounds, seed }: TortureOptions,
): Promise<TortureReport> {
	const passedBy = await record(subject);
	const random = randomFrom(seed);
	const chosen = subject.sites
		.filter(({ id }) => passedBy.has(id))
		.map((site) => ({ site, order: random.below(1_000_000) }))
		.sort((one, other) => one.order - other.order)
		.slice(0, rounds);
	const failures: string[] = [];
	const tally = { places: subject.sites.length, "passed by a step": passedBy.size, thrown: 0 };
	let played = 0;
	for (const { site } of chosen) {
		if (plant !== undefined && failures.length > 0) break;
		const { file, kind, line } = site;
		const step = passedBy.get(site.id) ?? "";
		const where = `${file}:${line} (${kind}), during: ${step}`;
		const { wrong, hasThrown } = await throwAt(subject, site, step).catch((error: Error) => ({
			wrong: [`${error.message}\n${subject.log}`],
			hasThrown: true,
		}));
		if (hasThrown) tally.thrown++;
		failures.push(...wrong.map((what) => `${where}: ${what}`));
		played++;
		if (!subject.isAlive) break;
	}
	// There may be fewer points than requested rounds.
	return { rounds: failures.length > 0 ? played : rounds, failures, tally };
}

async function run(options: TortureOptions): Promise<TortureReport> {
	const replacement = options.plant === undefined ? undefined : PLANTS[options.plant];
	await using subject = await Subject.start({ fits, replacement });
	// A planted bug has its effect at a few of the points. It ends at the first failure.
	const rounds = replacement === undefined ? options.rounds : Number.POSITIVE_INFINITY;
	return await throwEverywhere(subject, { ...options, rounds });
}

export const torture: Torture = {
	name: "hostile-faults: a platform that throws wherever it could",
	rounds: { short: 120, long: 10_000 },
	plants: Object.keys(PLANTS),
	run,
};
