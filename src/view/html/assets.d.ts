/** The built script and style sheet of the page, and their hashes: texts that become part of the bundle. */
declare module '*/page/page.js' {
  const text: string;
  export default text;
}
declare module '*/page/page.css' {
  const text: string;
  export default text;
}
declare module '*.sha256' {
  const text: string;
  export default text;
}
