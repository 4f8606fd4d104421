import { afterEach, describe, expect, test, vi } from "vitest";
import { targetOf } from "../../src/cli/linking.ts";
import { formatToken } from "../../src/protocol/token.ts";

const OURS = "A".repeat(22);
const OTHER = `${"A".repeat(21)}Q`;
const SECRET = "A".repeat(43);

function binding(url: string) {
	return { url, app: "shop", platform: OURS, vault: "A".repeat(43) };
}

afterEach(() => {
	vi.unstubAllEnvs();
});

describe("a token from the environment", () => {
	test("goes to the platform that it is for", async () => {
		vi.stubEnv("COFFER_TOKEN", formatToken(OURS, SECRET));
		const { remote } = await targetOf(binding("https://coffer.example.com"));
		expect(remote.url).toBe("https://coffer.example.com");
	});

	test("goes to no other platform that coffer.json names", async () => {
		vi.stubEnv("COFFER_TOKEN", formatToken(OTHER, SECRET));
		const target = targetOf(binding("https://coffer.example.com"));
		await expect(target).rejects.toMatchObject({ code: "TOKEN_FOREIGN", exit: 3 });
	});

	test("goes nowhere in the clear but to this machine", async () => {
		vi.stubEnv("COFFER_TOKEN", formatToken(OURS, SECRET));
		const insecure = { code: "PLATFORM_URL_INSECURE", exit: 2 };
		await expect(targetOf(binding("http://coffer.example.com"))).rejects.toMatchObject(insecure);
		await expect(targetOf(binding("http://127.0.0.1.example.com"))).rejects.toMatchObject(insecure);
		await expect(targetOf(binding("http://127.0.0.1:8081"))).resolves.toBeDefined();
	});
});
