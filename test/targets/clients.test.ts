/** The kinds of targets send the requests that the products' own command lines send. */
import { describe, expect, test } from "vitest";
import { cryptoReady } from "../../src/crypto.ts";
import { loadKind } from "../../src/targets/kinds.ts";
import type { SecretTarget } from "../../src/targets/target.ts";
import { CloudflareServer } from "../support/services/target-servers/cloudflare.ts";
import { GitHubServer } from "../support/services/target-servers/github.ts";
import { formOf, type RecordedRequest } from "../support/services/target-servers/recorded.ts";
import { SupabaseServer } from "../support/services/target-servers/supabase.ts";
import recorded from "./clients.json" with { type: "json" };

await cryptoReady;

const VALUES = new Map([
	["A", "one two"],
	["B", "2"],
]);

/** The steps of each recording, as a connection makes them. */
const STEPS: Readonly<Record<string, (target: SecretTarget) => Promise<unknown>>> = {
	set: (target) => target.set(VALUES),
	setInEnvironment: (target) => target.set(new Map([["A", "one two"]])),
	list: (target) => target.list(),
	listInEnvironment: (target) => target.list(),
	delete: (target) => target.delete(["A", "B"]),
	deleteInEnvironment: (target) => target.delete(["A"]),
	bindings: async (target) => target.refusals?.(["A"]),
};

function serverOf(kind: string, step: string) {
	if (kind === "supabase") return new SupabaseServer();
	if (kind === "cloudflare") return new CloudflareServer();
	return new GitHubServer(step.endsWith("InEnvironment") ? "acme/shop:production" : "acme/shop");
}

/** What differs between a client and this program without a meaning. */
function comparable(request: RecordedRequest, kind: string, token: string) {
	const { body, path, query } = request;
	// The test server has a key of its own.
	const withoutKey =
		kind === "github" && body !== undefined ? { ...(body as object), key_id: "the key" } : body;
	return { form: formOf(request, token), path, query, body: withoutKey };
}

describe.each(Object.entries(recorded))("%s", (kind, { client, token, ...steps }) => {
	test.each(Object.entries(steps))(`%s, as ${client} does`, async (step, requests) => {
		await using server = await serverOf(kind, step).start();
		if (step !== "set" && step !== "setInEnvironment")
			for (const [name, value] of VALUES) server.secrets.set(name, value);
		// gh asks for two pages of a recording that has one secret on each.
		if (step.startsWith("list") && kind === "github")
			for (let at = 0; at < 100; at++) server.secrets.set(`N${at}`, "v");
		const target = (await loadKind(kind))?.connect(
			{ kind, origin: server.origin, app: server.app },
			{ credential: token },
		);
		if (!target) throw new Error(`There is no kind ${kind}.`);
		await STEPS[step]?.(target);
		const expected = (requests as RecordedRequest[])
			.map((request) => comparable(request, kind, token))
			// gh reads the key again for each secret.
			.filter(({ path }, at) => at === 0 || !path.endsWith("/public-key"));
		expect(server.seen.map((request) => comparable(request, kind, token))).toEqual(expected);
	});
});
