import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { envFilesPage } from "../../scripts/generate/env-files-page.mjs";

test("docs/env-files.md has the tables of the recorded answers; node scripts/generate/env-files-page.mjs writes them", () => {
	const page = readFileSync(new URL("../../docs/env-files.md", import.meta.url), "utf8");
	expect(page).toBe(envFilesPage());
});
