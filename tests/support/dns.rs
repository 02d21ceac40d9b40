//! A DNS server that answers what it is told, over UDP on loopback, and counts what it is asked.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, TXT};
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

/// What a name has.
#[derive(Clone, Default)]
pub struct Named {
    pub addresses: Vec<IpAddr>,
    /// Each with its parts.
    pub texts: Vec<Vec<String>>,
    /// The server fails instead.
    pub fails: bool,
}

/// The server.
#[derive(Clone)]
pub struct Dns {
    pub address: SocketAddr,
    names: Arc<Mutex<HashMap<String, Named>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let dns = Self { address: socket.local_addr().unwrap(), names: Arc::default(), asked: Arc::default() };
        let server = dns.clone();
        tokio::spawn(async move {
            let mut buffer = [0_u8; 2_048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                if let Ok(query) = Message::from_vec(&buffer[..length]) {
                    let _ = socket.send_to(&server.answer(&query).to_vec().unwrap(), from).await;
                }
            }
        });
        dns
    }

    /// Says what a name has from now on; a name that nothing was said of does not exist.
    pub fn set(&self, name: &str, named: Named) {
        self.names.lock().unwrap().insert(name.to_owned(), named);
    }

    pub fn set_addresses(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.set(name, Named { addresses, ..Named::default() });
    }

    pub fn set_texts(&self, name: &str, texts: &[&str]) {
        let texts = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
        self.set(name, Named { texts, ..Named::default() });
    }

    /// How often a name was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    fn answer(&self, query: &Message) -> Message {
        let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
        let Some(question) = query.queries.first().cloned() else { return answer };
        let name = question.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
        self.asked.lock().unwrap().push(name.clone());
        answer.metadata.recursion_available = true;
        answer.add_query(question.clone());
        let Some(named) = self.names.lock().unwrap().get(&name).cloned() else {
            answer.metadata.response_code = ResponseCode::NXDomain;
            return answer;
        };
        if named.fails {
            answer.metadata.response_code = ResponseCode::ServFail;
            return answer;
        }
        let mut add = |data| {
            answer.add_answer(Record::from_rdata(question.name().clone(), 0, data));
        };
        for address in named.addresses {
            match (address, question.query_type()) {
                (IpAddr::V4(address), RecordType::A) => add(RData::A(A(address))),
                (IpAddr::V6(address), RecordType::AAAA) => add(RData::AAAA(AAAA(address))),
                _ => {}
            }
        }
        if question.query_type() == RecordType::TXT {
            named.texts.into_iter().for_each(|parts| add(RData::TXT(TXT::new(parts))));
        }
        answer
    }
}
