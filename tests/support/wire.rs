//! Bytes on a connection, for requests that no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends `head`, then `chunk` again and again until the server has had enough or `times` are over; gives what it answered.
pub async fn send(address: SocketAddr, head: &str, chunk: &[u8], times: usize) -> String {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let (head, chunk) = (head.to_owned(), chunk.to_vec());
    let sending = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await.ok()?;
        for _ in 0..times {
            writer.write_all(&chunk).await.ok()?;
        }
        Some(writer)
    });
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(Ok(read @ 1..)) = tokio::time::timeout(Duration::from_secs(5), reader.read(&mut buffer)).await {
        heard.extend_from_slice(&buffer[..read]);
        if heard.windows(9).any(|window| window == b"\"detail\":") && heard.ends_with(b"}") {
            break;
        }
    }
    sending.abort();
    String::from_utf8_lossy(&heard).into_owned()
}
