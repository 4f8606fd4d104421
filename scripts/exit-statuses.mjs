/** What exit statuses mean, for `docs/commands.md`. The numbers are those of `EXIT` in src/errors.ts. */

export const COMMON_STATUSES = {
	0: "The command is done.",
	1: "It failed: for any reason that has no status of its own.",
	2: "Usage: an argument, a flag, a file that the command reads or its input is wrong.",
	3: "Not authorised: this identity or this access token may not do that.",
	4: "Not found.",
	5: "Conflict: both sides changed, or it exists already.",
	6: "Platform or network: the platform is out of reach, or this device has no access token for it.",
	7: "Integrity: something was altered or rolled back, or a key is wrong.",
	125: "`coffer run` itself failed.",
	130: "Ctrl-C ended the command. It prints what is saved all the same.",
};

const EDIT = {
	0: "The vault is changed. If the platform is out of reach, a warning says that the change is not synced yet.",
	1: "The change is saved and synced, but a function did not start with it (`REDEPLOY_FAILED`).",
};

/** By command: what a status means there in particular. */
export const STATUSES = {
	"functions:deploy": {
		1: "A function failed (`DEPLOY_FAILED`); the others are deployed. With `--dry-run`: a function would fail.",
	},
	"functions:references": {
		1: "A function could not be analysed (`FUNCTIONS_UNANALYSED`), or `--strict` found a mismatch (`REFERENCES_INCOMPLETE`).",
		4: "A file of `--entry` does not exist.",
	},
	"identity:new": { 5: "This device has an identity already." },
	"members:add": EDIT,
	"members:remove": EDIT,
	"members:role": EDIT,
	run: {
		125: "`coffer run` itself failed: the vault cannot be opened, the command does not start, or a secret has an unsafe name (`NAME_UNSAFE`).",
		other: "The status of the command that was run; 128 plus the signal's number if a signal ended it.",
	},
	"secrets:copy": EDIT,
	"secrets:delete": EDIT,
	"secrets:rollback": EDIT,
	"secrets:set": EDIT,
	sync: {
		1: "All is synced, but a function did not start with it (`REDEPLOY_FAILED`).",
		5: "This device and the platform changed the same names. `--take` decides.",
	},
	"vault:accept": {
		1: "It was not confirmed, or the code is for another list (`NOT_CONFIRMED`).",
		7: "Nothing that the file lacks was made on this device alone (`NOTHING_UNDONE`).",
	},
	"vault:reseal": EDIT,
	"vault:restore": EDIT,
	"vault:verify": { 7: "The vault has a fault (`VAULT_UNSOUND`). Every fault is reported." },
};
