import { expect, test } from "vitest";
import { paint } from "../../../src/cli/shell/render.ts";
import { devEventText } from "../../../src/cli/views/dev-lines.ts";

const text = (...args: Parameters<typeof devEventText>) => paint(devEventText(...args), false);

test.each([
	[
		"no change, after a fault was mended",
		[],
		[],
		"✓ a has no fault any more, and was not restarted: its code is the same as before",
	],
	["a file", ["a.ts"], [], "= a not restarted: a.ts changed, but its code is the same"],
	[
		"files",
		["a.ts", "b.ts"],
		[],
		"= a not restarted: a.ts and 1 other file changed, but its code is the same",
	],
	["a secret", [], ["KEY"], "= a not restarted: secret KEY changed, but its code is the same"],
])("a function that is not restarted tells why: %s", (_, files, secrets, expected) => {
	const event = { event: "unchanged", function: "a", cause: { files, secrets }, idle: false } as const;
	expect(text(event, "production")).toBe(expected);
});
