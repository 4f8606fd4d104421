/** Workers that change things by way of all nodes, and record what they see. */
import { setTimeout as after } from "node:timers/promises";
import type { Head } from "../../../../../src/protocol/change.ts";
import { ROUTES } from "../../../../../src/protocol/routes.ts";
import { NoAnswer, type Sent } from "./control-client.ts";
import { BAD, pairSource, SHOP } from "./functions.ts";
import type { AppLedger } from "./ledger.ts";
import type { World } from "./world.ts";

const PAUSE_MS = 150;
const DEPLOY_PAUSE_MS = 2_500;
const TOKEN_PAUSE_MS = 400;
/** The time for which a change waits for the nodes. */
const WAIT_SECONDS = 4;

/** The time in which a node must take the last change of a round. */
const LAST_MS = 60_000;

let count = 0;

/** Reads the head of a log, and records that. Undefined: no answer. */
async function read(world: World, ledger: AppLedger): Promise<Head | undefined> {
	const calledMs = performance.now();
	const head = await world
		.client(world.anyNode(), ledger.app)
		.head()
		.catch(() => undefined);
	if (head === undefined) return undefined;
	world.count("reads of a log");
	const output = { kind: "head", head: head.head } as const;
	ledger.history.push({ input: { kind: "read" }, output, calledMs, returnedMs: performance.now() });
	return head;
}

/** Sends a change, again to another node if its outcome is unknown. */
async function send(world: World, ledger: AppLedger, base: Head, value: string): Promise<Head | undefined> {
	const { change, next } = ledger.change(base, value);
	const input = { kind: "append", base: base.head, next: next.head } as const;
	const calledMs = performance.now();
	let sent: Sent;
	let isUndone = true;
	for (let attempt = 0; ; attempt++) {
		const node = world.anyNode();
		const waitSeconds = world.random.chance(0.3) ? WAIT_SECONDS : 0;
		world.onSend(node);
		sent = await world.client(node, ledger.app).send(change, waitSeconds);
		isUndone &&= sent.isUndone;
		if (sent.outcome !== undefined || attempt === 1 || world.random.chance(0.5)) break;
	}
	if (isUndone && sent.outcome === undefined) return undefined;
	const returnedMs = performance.now();
	ledger.history.push({ input, output: outputOf(sent), calledMs, returnedMs });
	world.count(`changes: ${sent.outcome?.kind ?? "unknown"}`);
	if (sent.outcome?.kind === "appended") {
		ledger.acknowledged.add(change.operation);
		if (sent.outcome.head !== next.head) world.fail(`${ledger.app}: a change was appended at another head`);
		noteServed(world, ledger, sent, value);
		return next;
	}
	const head = sent.outcome?.head;
	return head === undefined ? undefined : { head, revision: ledger.heads.get(head) ?? -1 };
}

function outputOf({ outcome }: Sent) {
	if (outcome === undefined) return undefined;
	return outcome.kind === "appended" ? ({ kind: "appended" } as const) : outcome;
}

/** The result of a change says that functions have its value. */
function noteServed(world: World, ledger: AppLedger, sent: Sent, value: string): void {
	const { followed, isDone, redeployed } = sent;
	if (!isDone || ![...redeployed.values()].every((status) => status === "live")) return;
	if (redeployed.size === 0) return;
	world.count("changes that were rolled out");
	const atMs = performance.now();
	ledger.served.push({ atMs, value });
	for (const name of followed) {
		const node = world.names.indexOf(name);
		if (node !== -1) ledger.served.push({ atMs, value, node });
	}
}

/** Changes all secrets of an app, again and again. @param mayBeBad whether some values are not accepted by the function */
export async function write(
	world: World,
	ledger: AppLedger,
	mayBeBad: boolean,
	signal: AbortSignal,
): Promise<void> {
	let known: Head | undefined;
	while (!signal.aborted) {
		if (known === undefined || world.random.chance(0.3)) known = await read(world, ledger);
		if (known !== undefined) {
			const isBad = mayBeBad && world.random.chance(0.4);
			if (isBad) world.count("changes that functions do not accept");
			known = await send(world, ledger, known, `${isBad ? BAD : "v"}${++count}`);
		}
		await pause(world, PAUSE_MS, signal);
	}
}

/**
 * Sets a value with which `strict` does not start, as the last change of its app, and waits for the nodes.
 * @throws Error if no node takes it in time
 */
export async function writeBad(world: World): Promise<void> {
	const ledger = world.gate;
	const value = `${BAD}${++count}`;
	const untilMs = performance.now() + LAST_MS;
	while (ledger.values.get([...ledger.acknowledged].at(-1) ?? "") !== value) {
		if (performance.now() > untilMs) throw new Error("No node takes the last change.");
		const base = await read(world, ledger);
		if (base !== undefined) await send(world, ledger, base, value);
	}
}

/** Deploys `pair` again and again. */
export async function deploy(world: World, signal: AbortSignal): Promise<void> {
	const { tags } = world.shop;
	while (!signal.aborted) {
		const tag = ++count;
		try {
			if (await world.client(world.anyNode(), SHOP).deploy("pair", pairSource(tag))) {
				tags.last = tag;
				// What is unknown may still come, in any order.
				world.count("deployments");
			} else tags.maybe.add(tag);
		} catch (error) {
			if (!(error instanceof NoAnswer)) throw error;
			if (!error.isUndone) tags.maybe.add(tag);
		}
		await pause(world, DEPLOY_PAUSE_MS, signal);
	}
}

/** Creates a token by way of a node, uses it on others, revokes it, and uses it again. */
export async function useTokens(world: World, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		await useToken(world).catch((error: unknown) => {
			if (!(error instanceof NoAnswer)) throw error;
		});
		await pause(world, TOKEN_PAUSE_MS, signal);
	}
}

async function useToken(world: World): Promise<void> {
	const client = world.client(world.anyNode(), SHOP);
	const created = await client.request(
		ROUTES.createToken,
		{},
		{ scopes: ["read"], app: null, expires: null },
	);
	if (!created.ok) return;
	const { id, token } = (await created.json().catch(() => ({}))) as { id?: string; token?: string };
	if (id === undefined || token === undefined) return;
	const statuses = async () =>
		await Promise.all(
			world.nodes.map(async (_, node) => {
				const answer = await world
					.client(node, SHOP, token)
					.request(ROUTES.showApp)
					.catch(() => undefined);
				await answer?.body?.cancel().catch(() => undefined);
				return answer?.status;
			}),
		);
	if ((await statuses()).includes(401)) world.fail("a node does not know a token that was created");
	const revoked = await world.client(world.anyNode(), SHOP).request(ROUTES.revokeToken, { id });
	await revoked.body?.cancel().catch(() => undefined);
	if (!revoked.ok) return;
	if ((await statuses()).includes(200)) world.fail("a node accepts a token that was revoked");
	world.count("tokens that were revoked");
}

async function pause({ random }: World, ms: number, signal: AbortSignal): Promise<void> {
	await after(random.below(2 * ms), undefined, { signal }).catch(() => undefined);
}
