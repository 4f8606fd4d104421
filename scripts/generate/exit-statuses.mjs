/** What exit statuses mean, for `docs/commands.md`. The numbers are those of `EXIT` in src/errors.ts. */

export const COMMON_STATUSES = {
	0: "The command is done.",
	1: "It failed, for a reason that has no status of its own. A question was not confirmed (`NOT_CONFIRMED`).",
	2: "Usage: an argument, a flag, a file that the command reads or its input is wrong.",
	3: "Not authorised: a value may not be shown here (`REVEAL_REFUSED`), there is no identity (`IDENTITY_MISSING`), the keychain does not open (`KEYCHAIN_…`), the identity is no member or no owner, or the access token may not do that.",
	4: "Not found: the project, the vault, the environment, or what the command names.",
	5: "Conflict: both sides changed, or it exists already.",
	6: "Platform or network: the platform is out of reach, or this device has no access token for it (`TOKEN_MISSING`).",
	7: "Integrity: something was altered or rolled back, or a key is wrong.",
	8: "Found: `coffer scan` found a value of the vault in the clear (`VALUES_FOUND`). No other command uses it.",
	125: "`coffer run` itself failed.",
	130: "Ctrl-C ended the command. It prints what is saved all the same.",
};

const LINK_TARGET = {
	2: "An argument is not valid, or the target would refuse a name or a value (`TARGET_REFUSES`). Nothing is sent then.",
	3: "The target refused the credential (`…_TOKEN_REFUSED`, `BASE44_KEY_REFUSED`).",
	4: "The target has no such project, Worker, repository or app, or does not show it (`…_NOT_FOUND`).",
	5: "The environment is linked with a platform already (`ENVIRONMENT_LINKED`).",
	6: "The target is out of reach, or limits the rate of requests (`…_BUSY`).",
};
const EDIT = {
	0: "The vault is changed. If the platform is out of reach, a warning says that the change is not synced yet.",
	1: "The change is saved and synced, but a function did not start with it (`REDEPLOY_FAILED`).",
};
/** Commands that read an earlier version and set it. */
const PAST = {
	...EDIT,
	4: "There is no such secret, or no such version (`VERSION_NOT_FOUND`).",
	5: "Two values have that version (`VERSION_AMBIGUOUS`).",
	7: "The version was found, but is not valid (`VERSION_REFUSED`).",
};
const EXPORT = { 5: "The file exists already (`EXPORT_EXISTS`)." };
const IMPORT = {
	3: "The passphrase is wrong, or the file is no export (`EXPORT_MALFORMED`).",
	4: "The file does not exist.",
	5: "There is an identity already (`IDENTITY_EXISTS`).",
};
const NO_FUNCTION = "A function that is named does not exist (`FUNCTION_NOT_FOUND`).";
const NO_SECRET = "A name is not in the environment.";
const NO_REVEAL =
	"With `--reveal`: no person is at a terminal, and COFFER_ALLOW_REVEAL is not set (`REVEAL_REFUSED`), or as for every command.";
const NO_CHOSEN = "An argument matches no secret (`SECRET_NOT_FOUND`).";
const NO_REQUEST = "There is no open request for that name (`REQUEST_NOT_FOUND`).";
const NO_MEMBER = "There is no member of that name (`MEMBER_NOT_FOUND`).";

/** For single commands: the particular meaning of a status. */
export const STATUSES = {
	"apps:delete": { 4: "There is no such app." },
	"apps:hosts:add": {
		2: "The host is no host name (`HOST_INVALID`).",
		4: "There is no such app.",
		5: "The host belongs to another app (`HOST_TAKEN`).",
	},
	"apps:hosts:remove": { 4: "The host belongs to no app (`HOST_NOT_FOUND`)." },
	doctor: {
		0: "Nothing failed. There may be warnings: commands work, but something is missing or not safe.",
		1: "A check failed (`UNHEALTHY`): some commands do not work until it is mended. All checks are listed.",
	},
	"environments:create": { 5: "There is an environment of that name (`ENVIRONMENT_EXISTS`)." },
	"functions:delete": { 4: `${NO_FUNCTION} Nothing is deleted then.` },
	"functions:deploy": {
		1: "A function failed (`DEPLOY_FAILED`); the others are deployed. With `--dry-run`: a function would fail.",
		4: "The project has no functions (`NO_FUNCTIONS`), or not all that are named.",
	},
	"functions:logs": { 4: NO_FUNCTION },
	"functions:new": {
		5: "A function or a file of that name exists already (`FUNCTION_EXISTS`). Nothing is written.",
	},
	"functions:references": {
		1: "A function could not be analysed (`FUNCTIONS_UNANALYSED`), or `--strict` found a mismatch (`REFERENCES_INCOMPLETE`).",
		4: "A file of `--entry`, or a function that is named, does not exist.",
	},
	"identity:export": EXPORT,
	"identity:import": IMPORT,
	"identity:new": { 5: "This device has an identity already (`IDENTITY_EXISTS`)." },
	init: { 5: "There is a vault already (`VAULT_EXISTS`)." },
	link: {
		3: "The token is for another platform (`TOKEN_FOREIGN`), or the platform does not accept it.",
		5: "The environment is linked with a target already (`ENVIRONMENT_LINKED`).",
		7: "The platform has another key than the token says (`PLATFORM_KEY_MISMATCH`).",
	},
	import: {
		...EDIT,
		2: "The file, or a line of it, cannot be imported: readers do not agree on it (`ENV_FILE_AMBIGUOUS`), a name is not valid (`IMPORT_NAME_INVALID`), or it is nested, encrypted or no values (`IMPORT_…`). Nothing is changed.",
		4: "The file does not exist (`ENV_FILE_NOT_FOUND`), or lacks a name of `--only` (`IMPORT_NAME_MISSING`).",
	},
	"members:add": { ...EDIT, 5: "The key or the name belongs to a member already (`MEMBER_EXISTS`)." },
	"members:remove": { ...EDIT, 4: NO_MEMBER },
	"members:role": { ...EDIT, 4: NO_MEMBER },
	"platform:backup": {
		4: "There is no data directory (`DATA_DIR_NOT_FOUND`).",
		5: "The backup exists already (`BACKUP_EXISTS`).",
		7: "A blob is damaged or missing.",
	},
	"platform:identity:export": EXPORT,
	"platform:identity:import": IMPORT,
	"platform:migrate": {
		1: "A platform uses the data directory (`DATA_DIR_IN_USE`).",
		4: "There is no store to move (`DATA_DIR_NOT_FOUND`, `STORE_NOT_FOUND`).",
		5: "A platform uses the store to move (`STORE_IN_USE`, `SOURCE_CHANGED`), its functions run (`FUNCTIONS_RUNNING`), or the target is not empty (`DATA_DIR_NOT_EMPTY`, `STORE_NOT_EMPTY`, `STORE_INCOMPLETE`).",
		7: "A blob or an entry is damaged or missing, or a copy is not the same (`COPY_DIFFERS`).",
	},
	"platform:restore": {
		4: "There is no backup (`BACKUP_NOT_FOUND`).",
		5: "The data directory is in use (`DATA_DIR_IN_USE`) or not empty (`DATA_DIR_NOT_EMPTY`).",
		7: "The backup is damaged (`BACKUP_DAMAGED`). Nothing is restored then.",
	},
	"requests:ask": {
		2: "The reason is empty, too long or not visible (`REASON_INVALID`), or there are too many requests (`REQUESTS_TOO_MANY`).",
		5: "The environment has the secret already (`SECRET_EXISTS`).",
	},
	"requests:decline": { 4: NO_REQUEST },
	"requests:fill": { ...EDIT, 4: NO_REQUEST },
	run: {
		125: "`coffer run` itself failed: the vault cannot be opened, the command does not start, a secret has an unsafe name (`NAME_UNSAFE`), or `--no-redact` is refused (`REVEAL_REFUSED`).",
		other: "The status of the command that was run; 128 plus the signal's number if a signal ended it.",
	},
	scan: {
		0: "Nothing was found. Warnings name what could not be searched: environments, objects that a partial clone lacks.",
		1: "Nothing was found, but some files could not be read (`SCAN_INCOMPLETE`).",
		3: "There is no identity (`IDENTITY_MISSING`), or this device can open none of the environments (`NOT_A_MEMBER`).",
		4: "There is no vault, no such path (`SCAN_PATH_NOT_FOUND`), or no git repository (`REPOSITORY_NOT_FOUND`).",
		8: "A value of the vault, or an identity, is in the clear (`VALUES_FOUND`). All places are listed.",
	},
	"secrets:check": {
		0: "All readers read the file, and read the same; or the one reader of `--dialect` reads it.",
		1: "Not all readers read the file alike (`ENV_FILE_AMBIGUOUS`), or the one reader refuses it (`ENV_FILE_REFUSED`).",
		4: "The file does not exist (`ENV_FILE_NOT_FOUND`).",
	},
	"secrets:copy": { ...EDIT, 4: NO_SECRET },
	"secrets:delete": { ...EDIT, 4: NO_SECRET },
	"secrets:diff": { 1: "With `--exit-code`: the environments differ.", 3: NO_REVEAL, 4: NO_CHOSEN },
	"secrets:edit": {
		...EDIT,
		1: "The editor failed (`EDITOR_FAILED`), a deletion was not confirmed (`NOT_CONFIRMED`), there is no folder in memory (`NO_MEMORY_FOLDER`), or a function did not start (`REDEPLOY_FAILED`).",
		3: NO_REVEAL.replace("With `--reveal`: no", "No"),
		2: "Neither VISUAL nor EDITOR is set, and there is no terminal (`EDITOR_MISSING`), or a line stayed wrong.",
		5: "Somebody else changed one of the secrets since the editor was opened (`VAULT_CHANGED_MEANWHILE`).",
	},
	"secrets:export": {
		1: "The question was not confirmed (`NOT_CONFIRMED`), or the file cannot be written.",
		3: NO_REVEAL.replace("With `--reveal`: no", "No"),
		2: "The format cannot carry a value (`NOT_EXPORTABLE`), git would commit the file (`EXPORT_IN_REPOSITORY`), or a name is unsafe (`NAME_UNSAFE`). Nothing is exported then.",
		4: NO_CHOSEN,
		5: "The file exists already (`EXPORT_EXISTS`).",
	},
	"secrets:get": { 3: NO_REVEAL, 4: NO_SECRET },
	"secrets:history": { 4: "The name never was in the environment (`SECRET_NOT_FOUND`)." },
	"secrets:list": { 4: NO_CHOSEN },
	"secrets:note": {
		2: "The text is no note (`NOTE_INVALID`), or has the value of the secret in it (`NOTE_HAS_VALUE`).",
		4: "There is no such secret (`SECRET_NOT_FOUND`), or it has no note (`NOTE_NOT_FOUND`).",
	},
	"secrets:rename": {
		...EDIT,
		4: "There is no secret of the old name (`SECRET_NOT_FOUND`).",
		5: "There is a secret of the new name already (`SECRET_EXISTS`). Nothing is changed then.",
	},
	"secrets:rollback": PAST,
	"secrets:set": EDIT,
	sync: {
		1: "All is synced, but a function did not start with it (`REDEPLOY_FAILED`).",
		5: "This device and the platform changed the same names (`SYNC_CONFLICT`), a value here is older than on the platform (`SYNC_ROLLED_BACK`), or both changed the members (`MEMBERSHIP_DIVERGED`). `--take` decides.",
		7: "The platform's log is not what it was (`LOG_FORKED`).",
	},
	types: {
		1: "With `--check`: the file is missing, or is not what the command would write (`TYPES_STALE`).",
		2: "The path does not end in `.d.ts` (`TYPES_PATH_INVALID`).",
		5: "The file exists, and `coffer types` did not write it (`TYPES_FILE_FOREIGN`).",
	},
	"vault:accept": {
		1: "It was not confirmed, or the code is for another list (`NOT_CONFIRMED`).",
		7: "Nothing that the file lacks was made on this device alone (`NOTHING_UNDONE`).",
	},
	"vault:reseal": { ...EDIT, 4: "A named record is already under the current key (`NOT_STALE`)." },
	"vault:resolve": {
		4: "A name is not in conflict (`NOT_IN_CONFLICT`).",
		5: "The conflict is not resolved yet (`MERGE_CONFLICT`).",
	},
	"vault:restore": PAST,
	"vault:verify": { 7: "The vault has a fault (`VAULT_UNSOUND`). Every fault is reported." },
};

/** What the exit statuses of a command mean. Each command below `link` links a target. @param id as `link:github` */
export function statusesOf(id) {
	return STATUSES[id] ?? (id.startsWith("link:") ? LINK_TARGET : {});
}
