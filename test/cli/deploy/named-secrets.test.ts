import { expect, test } from "vitest";
import { envFileOffers } from "../../../src/cli/deploy/named-secrets.ts";
import { temporaryProject } from "../../project/functions/project.ts";

const FILES = {
	".env": "OTHER=1\n",
	"supabase/functions/.env": "STRIPE_KEY=hidden\nMAIL_KEY=hidden\n",
	"functions/.env": "not a line\nSTRIPE_KEY=1\n",
	"apps/api/.env": "STRIPE_KEY=hidden\n",
};

test("offers the .env files that contain a missing secret, by name only", () => {
	const root = temporaryProject(FILES);
	const offers = envFileOffers(root, "apps/api", ["STRIPE_KEY", "MAIL_KEY", "NONE"]);
	expect(offers).toEqual([
		{ file: "apps/api/.env", names: ["STRIPE_KEY"] },
		{ file: "supabase/functions/.env", names: ["MAIL_KEY", "STRIPE_KEY"] },
	]);
	expect(envFileOffers(root, undefined, ["OTHER"])).toEqual([{ file: ".env", names: ["OTHER"] }]);
});

test("reads no .env file if nothing is missing, and offers none without the missing secrets", () => {
	const root = temporaryProject(FILES);
	expect(envFileOffers(root, undefined, [])).toEqual([]);
	expect(envFileOffers(root, undefined, ["NONE"])).toEqual([]);
});
