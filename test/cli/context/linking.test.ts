/** Where the token in COFFER_TOKEN may be sent, if coffer.json names the platform. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { targetOf } from "../../../src/cli/context/linking.ts";
import { pinnedPlatforms, pinPlatform, unpinPlatform } from "../../../src/project/memory/pinned-platforms.ts";
import { formatToken } from "../../../src/protocol/token.ts";

const OURS = "A".repeat(22);
const OTHER = `${"A".repeat(21)}Q`;
const SECRET = "A".repeat(43);
const HERE = "https://coffer.example.com";

let home: string;
let state: string;
beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "coffer-linking-"));
	state = join(home, "coffer");
	vi.stubEnv("XDG_STATE_HOME", home);
	vi.stubEnv("COFFER_TOKEN", formatToken(OURS, SECRET));
	vi.stubEnv("COFFER_ORIGIN", "");
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(home, { recursive: true });
});

function target(url: string, platform = OURS) {
	return targetOf({ url, app: "shop", platform, vault: "A".repeat(43) }, "preview");
}

const pin = (origin: string, fingerprint = OURS) => pinPlatform(state, { origin, fingerprint });

/** Addresses that look like the pinned one, but have another origin. */
const NEIGHBOURS = [
	"https://coffer.example.com:8443",
	"https://coffer.example.com.",
	"https://www.coffer.example.com",
	"https://coffer.example.com.evil.example",
	"https://c\u043effer.example.com",
	"https://xn--cffer-uze.example.com",
	"http://localhost",
];

describe("a token from the environment", () => {
	test("is sent to the platform that this device has linked, in any spelling of its address", async () => {
		await pin(HERE);
		for (const url of [HERE, `${HERE}/`, `${HERE}:443`, "https://COFFER.example.com/some/path?x#y"])
			expect((await target(url)).remote.url).toBe(HERE);
	});

	test("is not sent to an address that the user did not enter on this device, and the error says how to allow it", async () => {
		await expect(target(HERE)).rejects.toMatchObject({
			code: "PLATFORM_UNKNOWN",
			exit: 3,
			message: expect.stringContaining(HERE),
			hint: expect.stringMatching(
				/coffer link https:\/\/coffer\.example\.com --app shop -e preview.*COFFER_ORIGIN=https:\/\/coffer\.example\.com/,
			),
		});
		await pin(HERE, OTHER);
		await expect(target(HERE)).rejects.toMatchObject({ code: "PLATFORM_UNKNOWN" });
	});

	test.each(NEIGHBOURS)("is not sent to %s if the device has linked another address", async (url) => {
		await pin(HERE);
		await expect(target(url)).rejects.toMatchObject({ code: "LINK_MOVED", exit: 7 });
		vi.stubEnv("COFFER_ORIGIN", HERE);
		await expect(target(url)).rejects.toMatchObject({ code: "LINK_MOVED", exit: 7 });
	});

	test.each([
		"https://user@coffer.example.com",
		"https://user:x@coffer.example.com",
		"ftp://coffer.example.com",
	])("is not sent to %s, which is no valid address of a platform", async (url) => {
		await pin(HERE);
		await expect(target(url)).rejects.toMatchObject({ code: "PLATFORM_URL_INVALID", exit: 2 });
	});

	test("is not sent to another platform that coffer.json names", async () => {
		await pin(HERE);
		await pin(HERE, OTHER);
		await expect(target(HERE, OTHER)).rejects.toMatchObject({ code: "TOKEN_FOREIGN", exit: 3 });
	});

	test("is not sent unencrypted, except to this machine", async () => {
		const insecure = { code: "PLATFORM_URL_INSECURE", exit: 2 };
		for (const url of ["http://coffer.example.com", "http://127.0.0.1.example.com", "http://localhost."]) {
			vi.stubEnv("COFFER_ORIGIN", HERE);
			await expect(target(url)).rejects.toMatchObject(insecure);
		}
		vi.stubEnv("COFFER_ORIGIN", "http://127.0.0.1:8081");
		await expect(target("http://127.0.0.1:8081")).resolves.toBeDefined();
	});

	test("is not sent if the list of linked platforms cannot be read", async () => {
		await pin(HERE);
		writeFileSync(join(state, "platforms.json"), "{");
		await expect(target(HERE)).rejects.toMatchObject({ code: "STATE_DAMAGED", exit: 7 });
	});
});

describe("COFFER_ORIGIN", () => {
	test("allows a token to be sent to an address, linked or not", async () => {
		for (const given of [HERE, `${HERE}/`, "https://coffer.example.com:443"]) {
			vi.stubEnv("COFFER_ORIGIN", given);
			expect((await target(HERE)).remote.url).toBe(HERE);
		}
		vi.stubEnv("COFFER_ORIGIN", "https://other.example.com");
		await pin(HERE);
		await expect(target(HERE)).rejects.toMatchObject({ code: "LINK_MOVED", exit: 7 });
	});

	test.each([
		"coffer.example.com",
		"http://coffer.example.com",
		"https://user@coffer.example.com",
		`${HERE}/path`,
		`${HERE}?x`,
		`${HERE}#x`,
		"*",
		" ",
		`${HERE} ${HERE}`,
	])("is refused as %j", async (given) => {
		vi.stubEnv("COFFER_ORIGIN", given);
		await expect(target(HERE)).rejects.toMatchObject({ code: "TOKEN_ORIGIN_INVALID", exit: 2 });
	});
});

describe("the list of linked platforms", () => {
	test("contains each once, also after concurrent changes, and they are removed one by one", async () => {
		const all = Array.from({ length: 8 }, (_, at) => ({
			origin: `https://p${at}.example`,
			fingerprint: OURS,
		}));
		await Promise.all([...all, ...all].map((each) => pinPlatform(state, each)));
		const sorted = (await pinnedPlatforms(state)).toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
		expect(sorted).toEqual(all);
		for (const each of [...all, ...all]) await unpinPlatform(state, each);
		expect(await pinnedPlatforms(state)).toEqual([]);
	});
});
