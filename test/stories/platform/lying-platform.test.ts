/** A dishonest platform: changed responses, and invalid responses. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneOf, commit } from "../support/clone.ts";
import { type Exchange, type Forgery, ForgingProxy } from "../support/network/forging-proxy.ts";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

interface Entry {
	revision: number;
	head: string;
	change: {
		operation: string;
		base: object;
		records: string[];
		author: string;
		signature: string;
		header: unknown;
	};
}
interface Page {
	revision: number;
	head: string;
	entries: Entry[];
}

let platform: PlatformAccess;
let proxy: ForgingProxy;
/** A clone that stays at its first revision and has all later changes still to receive. */
let behind: Project;
let ahead: Project;

beforeAll(async () => {
	[ahead, platform] = await Promise.all([newProject(), sharedPlatform()]);
	proxy = await new ForgingProxy(platform.control).listen();
	await ahead.ok(["secrets", "set", "A=a1", "B=b1"]);
	await link(ahead, platform, proxy.url);
	await ahead.ok(["secrets", "set", "B=b2"]);
	await ahead.git("init", "--quiet");
	await commit(ahead, "Start");
	behind = await cloneOf(ahead);
	await behind.ok(["sync"]);
	await ahead.ok(["secrets", "set", "A=a2"]);
	await ahead.ok(["secrets", "set", "A=a3"]);
});
afterAll(async () => {
	await ahead?.[Symbol.asyncDispose]();
	await behind?.[Symbol.asyncDispose]();
	await proxy?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

/** Changes the pages of the log that a client reads. */
function pages(change: (page: Page) => void): Forgery {
	return ({ method, path, text }: Exchange) => {
		if (method !== "GET" || !path.includes("/changes")) return undefined;
		const page = JSON.parse(text) as Page;
		change(page);
		return JSON.stringify(page);
	};
}

function flipped(text: string): string {
	return (text.startsWith("A") ? "B" : "A") + text.slice(1);
}

const first = (page: Page): Entry => page.entries[0] as Entry;
const last = (page: Page): Entry => page.entries.at(-1) as Entry;

const LIES: Record<string, (page: Page) => void> = {
	"a record is altered": (page) => {
		const { change } = first(page);
		change.records = change.records.map((record) =>
			record.replace(/.(?=[^ ]*$)/s, (c) => (c === "A" ? "B" : "A")),
		);
	},
	"a record stands under another name": (page) => {
		const { change } = first(page);
		change.records = change.records.map((record) => record.replace(/^A\n/, "B\n"));
	},
	"a record is left out": (page) => {
		first(page).change.records = [];
	},
	"a change has another author": (page) => {
		first(page).change.author = flipped(first(page).change.author);
	},
	"a signature is another": (page) => {
		last(page).change.signature = flipped(last(page).change.signature);
	},
	"a head is another": (page) => {
		first(page).head = flipped(first(page).head);
	},
	"the log is forked: its newest head is another": (page) => {
		page.head = flipped(page.head);
	},
	"an entry is missing in the middle": (page) => {
		page.entries.shift();
	},
	"an entry comes twice": (page) => {
		page.entries.unshift(first(page));
	},
	"entries change places": (page) => {
		page.entries.reverse();
	},
	"the end is cut, and the log claims to be shorter": (page) => {
		page.entries = [];
		page.revision = 1;
	},
	"a record from an earlier revision is put in again": (page) => {
		last(page).change.records = first(page).change.records;
	},
};

describe("an invalid log is refused with exit status 7, and no byte of it is used", () => {
	test.each(Object.entries(LIES))("%s", async (_, change) => {
		const vault = behind.vault;
		proxy.forge = pages(change);
		const result = await behind.coffer(["sync", "--json"]);
		expect(result.stderr).toContain('"exit":7');
		expect(result.status).toBe(7);
		expect(behind.vault).toBe(vault);
	});

	test("an empty log after the first revisions counts as truncated", async () => {
		const vault = ahead.vault;
		proxy.forge = pages((page) => {
			page.entries = [];
			page.revision = 1;
			page.head = "A".repeat(43);
		});
		expect((await ahead.coffer(["sync"])).status).toBe(7);
		expect(ahead.vault).toBe(vault);
	});

	test("an accepted change whose response names another head", async () => {
		proxy.forge = ({ method, text }) =>
			method === "POST"
				? text.replace(/"head":"./, (head) => head.slice(0, -1) + (head.endsWith("A") ? "B" : "A"))
				: undefined;
		const result = await ahead.coffer(["secrets", "set", "C=c1", "--json"]);
		expect(result.status).toBe(7);
		expect(result.json()).toMatchObject({ set: ["C"], revision: null, pending: 1 });
		proxy.forge = () => undefined;
		expect(await ahead.data(["sync"])).toMatchObject({ pending: [] });
	});
});

const NOISE: Record<string, { forgery: Forgery; code: string }> = {
	"not JSON": { forgery: () => "<html>502</html>", code: "ANSWER_NOT_JSON" },
	"JSON of another shape": { forgery: () => '{"revision":"many","entries":{}}', code: "MESSAGE_INVALID" },
	"a problem of somebody else's": {
		forgery: () => (response) =>
			void response.writeHead(503, { "content-type": "text/html" }).end("<h1>busy</h1>"),
		code: "PLATFORM_ANSWER_UNKNOWN",
	},
	"a redirection": {
		forgery: () => (response) => void response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
		code: "PLATFORM_REDIRECTED",
	},
	"without end": {
		forgery: () => (response) => {
			const chunk = Buffer.alloc(1024 * 1024, 0x20);
			const more = (): void => {
				while (!response.destroyed && response.write(chunk));
				if (!response.destroyed) response.once("drain", more);
			};
			response.writeHead(200, { "content-type": "application/json" });
			more();
		},
		code: "ANSWER_TOO_LARGE",
	},
	"never begun": { forgery: () => () => undefined, code: "PLATFORM_TIMEOUT" },
};

describe("an invalid response causes exit status 6, and nothing is changed", () => {
	test.each(Object.entries(NOISE))("%s", async (_, { forgery, code }) => {
		const vault = behind.vault;
		proxy.forge = forgery;
		const result = await behind.coffer(["sync", "--json"]);
		expect(result.error()).toMatchObject({ code, exit: 6 });
		expect(result.status).toBe(6);
		expect(behind.vault).toBe(vault);
	});

	test("accepts everything once the platform answers truthfully again", async () => {
		proxy.forge = () => undefined;
		await ahead.ok(["sync"]);
		expect(await behind.data(["sync"])).toMatchObject({ taken: expect.arrayContaining(["A"]) });
		expect(behind.vault).toBe(ahead.vault);
	});
});
