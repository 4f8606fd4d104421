import { decode, encode, type Question } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerQuery, type NameResolver } from "../../../../src/platform/egress/proxy/dns.ts";
import { EgressPolicy } from "../../../../src/platform/egress/proxy/policy.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });
const RESOLVER: NameResolver = {
	lookup: async (name, { family }) => {
		if (name === "absent.example") throw failure("ENOTFOUND");
		if (name === "broken.example") throw failure("EAI_AGAIN");
		const found = [
			{ address: "11.0.0.1", family: 4 },
			{ address: "10.0.0.1", family: 4 },
			{ address: "2600::1", family: 6 },
		];
		return found.filter((each) => each.family === family);
	},
	resolveMx: async () => [{ priority: 10, exchange: "mail.example" }],
	resolveTxt: async () => Array.from({ length: 40 }, () => ["x".repeat(200)]),
	resolveSrv: async () => [{ priority: 1, weight: 2, port: 27_017, name: "shard.example" }],
	resolveCname: async () => ["other.example"],
	resolveNs: async () => ["ns.example"],
	resolvePtr: async () => {
		throw failure("ENODATA");
	},
};

async function ask(questions: Question[], transport: "udp" | "tcp" = "udp", network?: string[]) {
	const policy = new EgressPolicy(network, { allowed: [], isOwn: () => false });
	const refused: string[] = [];
	const options = {
		policy,
		resolver: RESOLVER,
		nowMs: () => 0,
		onRefused: (name: string) => refused.push(name),
	};
	const message = encode({ type: "query", id: 9, flags: 0x100, questions });
	const answer = await answerQuery(message, transport, options);
	if (answer === undefined) return undefined;
	const packet = decode(answer);
	const data = packet.answers?.map((each) => ("data" in each ? each.data : undefined));
	const flags = packet.flags ?? 0;
	return {
		id: packet.id,
		code: flags & 15,
		isCut: (flags & 0x200) !== 0,
		data,
		refused,
		length: answer.length,
	};
}

describe("a query is answered", () => {
	test.each([
		["A", ["11.0.0.1"]],
		["AAAA", ["2600::1"]],
		["MX", [{ preference: 10, exchange: "mail.example" }]],
		["SRV", [{ priority: 1, weight: 2, port: 27_017, target: "shard.example" }]],
		["CNAME", ["other.example"]],
		["NS", ["ns.example"]],
		["PTR", []],
		["CAA", []],
	] as const)("for %s", async (type, data) => {
		expect(await ask([{ type, name: "any.example" }])).toMatchObject({ id: 9, code: 0, data });
	});

	test("with an error code if the name does not exist or the resolver fails", async () => {
		expect(await ask([{ type: "A", name: "absent.example" }])).toMatchObject({ code: 3, data: [] });
		expect(await ask([{ type: "A", name: "broken.example" }])).toMatchObject({ code: 2, data: [] });
	});

	test("truncated by UDP if it is too long, and complete by TCP", async () => {
		const cut = await ask([{ type: "TXT", name: "any.example" }]);
		expect(cut).toMatchObject({ code: 0, isCut: true, data: [] });
		expect(cut?.length).toBeLessThanOrEqual(512);
		const whole = await ask([{ type: "TXT", name: "any.example" }], "tcp");
		expect(whole).toMatchObject({ isCut: false });
		expect(whole?.data).toHaveLength(40);
	});

	test("with a refusal for names that the function does not list", async () => {
		const answer = await ask([{ type: "TXT", name: "data.attacker.example" }], "udp", ["api.example"]);
		expect(answer).toMatchObject({ code: 5, data: [], refused: ["data.attacker.example"] });
	});

	test("with a format error if it has no question or two", async () => {
		expect(await ask([])).toMatchObject({ code: 1 });
		const question = { type: "A", name: "any.example" } as const;
		expect(await ask([question, question])).toMatchObject({ code: 1 });
	});
});

test("a message that is not a query has no answer, and malformed messages do not throw", async () => {
	const options = {
		policy: new EgressPolicy(undefined, { allowed: [], isOwn: () => false }),
		resolver: RESOLVER,
		nowMs: () => 0,
		onRefused: () => {},
	};
	const response = encode({ type: "response", id: 1, questions: [{ type: "A", name: "a.example" }] });
	expect(await answerQuery(response, "udp", options)).toBeUndefined();
	await fc.assert(
		fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (bytes) => {
			await answerQuery(bytes, "udp", options);
		}),
		{ numRuns: 2_000 },
	);
	const query = encode({ type: "query", id: 9, questions: [{ type: "A", name: "any.example" }] });
	await fc.assert(
		fc.asyncProperty(fc.nat(query.length - 1), fc.nat(255), async (at, byte) => {
			const damaged = Buffer.from(query);
			damaged[at] = byte;
			await answerQuery(damaged, "udp", options);
		}),
		{ numRuns: 2_000 },
	);
});
