//! A web server on loopback. It runs in a separate process.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};

/// The server process. Dropping the value ends it.
pub(crate) struct Server {
    process: Child,
    /// The address `127.0.0.1:<port>`.
    pub(crate) address: String,
}

impl Server {
    /// Starts a server for the files in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut process = Command::new(program).arg("serve").arg(folder).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("the server has no stdout")?;
        let mut server = Self { process, address: String::new() };
        BufReader::new(output).read_line(&mut server.address)?;
        server.address = server.address.trim().to_owned();
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Serves the files of `folder` until the process ends. Prints the address.
pub(crate) fn serve(folder: &Path) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    pipeline::cli::print(&format!("{}\n", listener.local_addr()?))?;
    let folder: Arc<Path> = Arc::from(PathBuf::from(folder));
    for stream in listener.incoming() {
        let (stream, folder) = (stream?, Arc::clone(&folder));
        // An error ends only the connection of its client.
        std::thread::spawn(move || answer(&stream, &folder).ok());
    }
    Ok(())
}

/// Answers the requests of one connection until the client closes it or sends `connection: close`.
fn answer(stream: &TcpStream, folder: &Path) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let name = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
        let mut stays = true;
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let field = line.trim().to_ascii_lowercase();
            stays &= field != "connection: close";
            if field.is_empty() {
                break;
            }
        }
        let plain = !name.contains(['/', '\\']) && !name.starts_with('.');
        let body = if plain { fs_err::read(folder.join(name)).ok() } else { None };
        let (status, kind) = if body.is_some() { ("200 OK", "image/jpeg") } else { ("404 Not Found", "text/plain") };
        let body = body.unwrap_or_default();
        let kept = if stays { "keep-alive" } else { "close" };
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: {kept}\r\n\r\n",
            body.len()
        );
        writer.write_all(&[head.as_bytes(), &body].concat())?;
        if !stays {
            return Ok(());
        }
    }
}
