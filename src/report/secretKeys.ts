/** Which names of options, variables, headers and flags stand for something that must not be shown. */

const SECRET_WORDS = new Set(
  (
    'password passwords passwd pwd pass passphrase passphrases passcode secret secrets token tokens apikey apikeys ' +
    'authorization credential credentials creds cookie cookies dsn jwt bearer csrf xsrf otp totp cvv cvc sessid sessionid ' +
    'signature sig privatekey accesskey accountkey connectionstring'
  ).split(' '),
);

const SECRET_PAIRS = new Set(
  (
    'api key,api keys,private key,private keys,access key,access keys,signing key,signing keys,encryption key,master key,account key,' +
    'shared key,session key,session id,auth key,service key,storage key,license key,ssh key,host key,connection string,connection strings'
  ).split(','),
);

/** Secret words that are found inside others as well, because people write `dbpassword` and `accesstoken`. */
const SECRET_STEMS =
  /password(?!less)|passwd|passphrase|secret(?!ar)|apikey|privatekey|accesskey|accesstoken|authtoken|refreshtoken|credential|connectionstring|authorization/;

/** `passwordMinLength` and `tokenUrl` tell about a secret and are none. */
const HARMLESS_LAST = new Set(
  (
    'length size count limit max min ttl age expiry expires expiration timeout enabled disabled required optional name names type types kind ' +
    'url uri endpoint path file filename dir directory header headers field fields policy algorithm algo rounds format prefix index version ' +
    'date at in provider issuer audience region manager rotation strategy validator parser store domain secure only id ids'
  ).split(' '),
);
const HARMLESS_FIRST = new Set('max min num total count has is use require requires allow show hide no'.split(' '));

/** Whether a key's name says that its value is secret: `dbPassword`, `API_KEY`, `--auth-token`, `set-cookie`. */
export function isSecretKey(key: string): boolean {
  if (key.length > 200) return false;
  const words = wordsOf(key);
  const last = words.at(-1);
  if (last === undefined) return false;
  if (words.length > 1 && SECRET_PAIRS.has(`${words.at(-2)} ${last}`)) return true;
  if (words.length > 1 && (HARMLESS_LAST.has(last) || HARMLESS_FIRST.has(words[0] ?? ''))) return false;
  if (words.some((word) => SECRET_WORDS.has(word))) return true;
  if (words.some((word, index) => SECRET_PAIRS.has(`${word} ${words[index + 1] ?? ''}`))) return true;
  return SECRET_STEMS.test(words.join(''));
}

/** A part of every secret name there is. */
const HINT = /pass|pwd|secret|token|key|auth|cred|cookie|dsn|jwt|bearer|connection|sess|sig|csrf|xsrf|otp|cvv|cvc/i;

/** Whether a text may hold a secret key at all: most do not, and need no closer look. */
export function mayNameSecret(text: string): boolean {
  return HINT.test(text);
}

/** Headers whose value goes on to the end of the line. */
export function isHeaderKey(key: string): boolean {
  return /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|^x-[\w-]+$|^[\w-]+-token$/i.test(key);
}

/** `PWD` is the working directory in every environment, and the password in a connection string. */
export function isWorkingDirectory(key: string, value: string): boolean {
  return /^(?:old)?pwd$/i.test(key) && /^(?:\/|[A-Za-z]:[\\/])/.test(value);
}

function wordsOf(key: string): string[] {
  return key
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word !== '');
}
